// Text in and out of the explorer: measured curves that are pasted, and the state that a link keeps.
const texts = (() => {
  'use strict';
  const MAX_POINTS = 1000, COMMENT = /^(#|!|%|\/\/)/;

  const fieldsOf = line => line.trim().split(/[\s,;]+/).filter(o => o);
  const isNumber = field => field !== '' && Number.isFinite(Number(field));

  // Why a line of fields is not radius, speed and error; null if it is
  function faultOf(fields) {
    const wrong = fields.slice(0, 3).find(o => !isNumber(o)), [radius, speed, error] = fields.map(Number);
    if (wrong !== undefined) return `“${wrong.slice(0, 20)}” is not a number`;
    if (fields.length < 3) return `three numbers are needed, found ${fields.length}`;
    if (!(radius > 0)) return `the radius must be more than 0, it is ${radius}`;
    if (speed < 0) return `the speed must not be negative, it is ${speed}`;
    if (!(error > 0)) return `the error must be more than 0, it is ${error}`;
    return null;
  }

  // Radius (kpc), speed and error (km/s) from text. Blank lines and comments are skipped, so is a row of names at the top
  // and whatever follows the third column. Gives {points, faults}: a fault names its line.
  function readCurve(text) {
    const points = [], faults = [];
    let seen = false;
    text.split(/\r\n|\r|\n/).forEach((line, i) => {
      const fields = fieldsOf(line);
      if (!fields.length || COMMENT.test(line.trim())) return;
      const header = !seen && !fields.some(isNumber);
      seen = true;
      if (header) return;
      const why = points.length < MAX_POINTS ? faultOf(fields) : `only ${MAX_POINTS} points are drawn`;
      if (why) faults.push({line: i + 1, why}); else points.push(fields.slice(0, 3).map(Number));
    });
    return {points: points.sort((a, b) => a[0] - b[0]), faults};
  }

  // A link's state in thousandths, with letters, digits, - and _ only: other scripts of a page may read the hash as a name.
  const pack = (name, values) => [name, ...values.map(v => Math.round(v*1000))].join('_');

  function hashOf({galaxy, code, follows, points}) {
    const parts = [pack('galaxy', galaxy)];
    if (!follows) parts.push(pack('code', code));
    if (points.length) parts.push(pack('points', points.flat()));
    return '#' + parts.join('_');
  }

  // The numbers that follow a name in a hash; null unless there are as many as wanted
  function unpack(hash, name, count) {
    const found = hash.match(new RegExp(`(?:^#|_)${name}((?:_-?\\d{1,9})+)`));
    const values = found && found[1].slice(1).split('_').map(v => v/1000);
    return values && count(values.length) ? values : null;
  }

  // The state that a hash keeps, or null if it is no hash of ours
  function stateOf(hash, nCode) {
    const galaxy = unpack(hash, 'galaxy', n => n === 4), code = unpack(hash, 'code', n => n === nCode);
    const flat = unpack(hash, 'points', n => n%3 === 0) || [];
    const rows = Array.from({length: flat.length/3}, (_, i) => flat.slice(3*i, 3*i + 3).join(' '));
    return galaxy && {galaxy, code, follows: !code, text: rows.join('\n')};
  }

  return {readCurve, hashOf, stateOf};
})();
if (typeof module !== 'undefined') module.exports = texts;
