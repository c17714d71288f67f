// The explorer on the page: draws the chart, listens to the controls. All numbers come from `numbers`, all text from `texts`.
function startExplorer(host, data) {
  'use strict';
  const model = numbers.loadModel(data);
  const PARAMETERS = [['Disc mass', 'Msun'], ['Scale length of the disc', 'kpc'], ['Halo mass', 'Msun'], ['Concentration of the halo', '']];
  const nCode = data.codeRanges.length;
  const codeName = i => `Code number ${i + 1}` + (model.level && !i ? ' (mean log speed)' : '');
  const MARGIN = {left: 52, right: 14, top: 10, bottom: 42}, RINGS_GONE = .01;
  const state = {galaxy: data.start, code: [], follows: true, points: [], width: 700, scale: null, reading: null};

  // ---- text of numbers ----
  const SUPER = {0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹'};
  function plain(log10, unit) {
    const value = 10**log10;
    if (value < 1e5) return `${value.toPrecision(3)} ${unit}`.trim();
    const power = Math.floor(log10 + 1e-9);
    return `${(10**(log10 - power)).toFixed(2)} × 10${[...String(power)].map(c => SUPER[c]).join('')} ${unit}`;
  }
  const percent = x => x >= 10 ? 'more than 1000 %' : `${Number((100*x).toPrecision(2))} %`;
  const small = x => x < 1e-4 ? 'less than 0.01 %' : percent(x);

  // ---- markup ----
  const slider = (id, name, [low, high]) => `<div class="slider"><label for="${id}">${name}</label><output for="${id}"></output>
    <input type="range" id="${id}" min="${low}" max="${high}" step="0.01"></div>`;
  const key = (name, mark) => `<li><svg aria-hidden="true">${mark}</svg>${name}</li>`;
  host.classList.add('rotae-explorer');
  host.innerHTML = `<div class="stage"><div class="top">
    <svg class="chart" role="img"></svg>
    <ul class="legend">
      ${key('disc', '<path class="line disc" d="M0 7H34"/>')}${key('halo', '<path class="line halo" d="M2 7H34"/>')}
      ${key('disc and halo', '<path class="line total" d="M0 7H34"/>')}
      ${key('decoded from the code', '<circle class="ring" cx="8" cy="7" r="4"/><circle class="ring" cx="25" cy="7" r="4"/>')}
      ${key('measured', '<path class="point" d="M17 0V14"/><circle class="point" cx="17" cy="7" r="2.6"/>')}
    </ul></div>
    <p class="reading">Point at the chart, or touch it, to read the speeds.</p>
    <div class="panels">
      <fieldset class="galaxy"><legend>The galaxy</legend>
        ${PARAMETERS.map(([name], i) => slider(`rx-galaxy-${i}`, name, data.ranges[i])).join('')}
        <div class="actions"><button type="button" id="rx-another">Another galaxy</button><button type="button" id="rx-reset">Start again</button></div>
      </fieldset>
      <fieldset class="codes"><legend>The code</legend>
        ${data.codeRanges.map((r, i) => slider(`rx-code-${i}`, codeName(i), r)).join('')}
        <div class="actions"><label class="check"><input type="checkbox" id="rx-follows">Use this galaxy’s code</label>
          <button type="button" id="rx-nearest">Go to the nearest galaxy</button></div>
      </fieldset>
    </div>
    <p class="note" role="status"></p></div>
    <fieldset class="measured"><legend>A measured galaxy</legend>
      <label for="rx-text">One line a point: radius (kpc), speed (km/s), error (km/s), with commas, tabs or spaces between. Paste it here, or drop a file.</label>
      <textarea id="rx-text" spellcheck="false" autocomplete="off" placeholder="# radius, speed, error&#10;1.0, 62.5, 4.0&#10;2.5, 98.1, 3.5"></textarea>
      <div class="actions"><label class="file"><input type="file" id="rx-file" accept=".txt,.csv,.dat,.tsv,text/*">Open a file</label>
        <button type="button" id="rx-example">Show an example</button>
        <button type="button" id="rx-fit">Fit the galaxy to the points</button><button type="button" id="rx-clear">Clear</button></div>
      <p class="agreement" role="status"></p><p class="faults" role="alert"></p>
    </fieldset>`;
  const find = selector => host.querySelector(selector), all = selector => [...host.querySelectorAll(selector)];
  const chart = find('.chart'), galaxySliders = all('.galaxy input[type=range]'), codeSliders = all('.codes input[type=range]');

  // ---- chart ----
  const spaced = (low, high, n) => Array.from({length: n}, (_, i) => low*(high/low)**(i/(n - 1)));

  // The radii that the chart spans: the model's, and those of the measured points
  function span() {
    const r = [...model.radius.filter(o => o > 0), ...state.points.map(p => p[0])];
    return [Math.min(...r), Math.max(...r)];
  }

  // The speed at the top of the chart moves in steps, so that the eye can follow the curve
  function topSpeed(speeds) {
    const most = 1.05*Math.max(...speeds.filter(Number.isFinite), 30);
    const unit = 10**Math.floor(Math.log10(most));
    return unit*[1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(k => k*unit >= most);
  }

  function speedTicks(top) {
    const step = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find(s => top/s <= 6) || top/5;
    return Array.from({length: Math.floor(top/step + 1e-9) + 1}, (_, i) => i*step);
  }

  function radiusTicks([low, high], wide) {
    const found = [];
    for (let k = Math.floor(Math.log10(low)); k <= Math.log10(high); k++) for (const m of wide ? [1, 2, 5] : [1, 5]) found.push(m*10**k);
    return found.filter(r => r >= low*.999 && r <= high*1.001);
  }

  function scales(top) {
    const [low, high] = span(), w = state.width, h = Math.round(Math.min(420, Math.max(270, .52*w)));
    const right = w - MARGIN.right, bottom = h - MARGIN.bottom;
    const x = r => MARGIN.left + Math.log(r/low)/Math.log(high/low)*(right - MARGIN.left);
    const radiusAt = px => low*(high/low)**((px - MARGIN.left)/(right - MARGIN.left));
    return {w, h, right, bottom, low, high, x, radiusAt, y: v => bottom - v/top*(bottom - MARGIN.top), top};
  }

  function axes(s) {
    const across = speedTicks(s.top).map(v => `<path class="rule" d="M${MARGIN.left} ${s.y(v)}H${s.right}"/><text x="${MARGIN.left - 7}" y="${s.y(v) + 4.5}" text-anchor="end">${v}</text>`);
    const up = radiusTicks([s.low, s.high], s.w > 480).map(r => `<path class="rule" d="M${s.x(r)} ${MARGIN.top}V${s.bottom}"/><text x="${s.x(r)}" y="${s.bottom + 17}" text-anchor="middle">${Number(r.toPrecision(1))}</text>`);
    const middle = (MARGIN.top + s.bottom)/2;
    return across.join('') + up.join('') + `<path class="frame" d="M${MARGIN.left} ${MARGIN.top}V${s.bottom}H${s.right}"/>
      <text x="${(MARGIN.left + s.right)/2}" y="${s.h - 6}" text-anchor="middle">radius (kpc)</text>
      <text transform="translate(13 ${middle}) rotate(-90)" text-anchor="middle">speed (km/s)</text>`;
  }

  const pathOf = (s, radii, speeds) => 'M' + radii.map((r, i) => `${s.x(r).toFixed(1)} ${s.y(speeds[i]).toFixed(1)}`).join('L');
  const line = (s, kind, radii, speeds) => `<path class="line ${kind}" d="${pathOf(s, radii, speeds)}"/>`;

  function ring(s, r, v) {
    return r > 0 && v >= 0 && v <= s.top ? `<circle class="ring" cx="${s.x(r).toFixed(1)}" cy="${s.y(v).toFixed(1)}" r="${s.w > 480 ? 3.6 : 2.8}"/>` : '';
  }

  function point(s, [r, v, e]) {
    const cut = u => s.y(Math.min(Math.max(u, 0), s.top)).toFixed(1), x = s.x(r).toFixed(1);
    return `<path class="point" d="M${x} ${cut(v - e)}V${cut(v + e)}"/><circle class="point" cx="${x}" cy="${cut(v)}" r="2.6"/>`;
  }

  function curves() {
    const [low, high] = span(), radii = spaced(low, high, 161), g = numbers.power10(state.galaxy);
    return {radii, disc: radii.map(r => numbers.discVelocity(r, g[0], g[1])), halo: radii.map(r => numbers.haloVelocity(r, g[2], g[3])),
      total: numbers.rotationCurve(radii, g), decoded: numbers.decode(model, state.code)};
  }

  function draw() {
    const c = curves(), s = state.scale = scales(topSpeed([...c.total, ...c.decoded, ...state.points.map(p => p[1] + p[2])]));
    chart.setAttribute('viewBox', `0 0 ${s.w} ${s.h}`);
    chart.innerHTML = axes(s) + line(s, 'disc', c.radii, c.disc) + line(s, 'halo', c.radii, c.halo) + line(s, 'total', c.radii, c.total)
      + model.radius.map((r, i) => ring(s, r, c.decoded[i])).join('') + state.points.map(p => point(s, p)).join('') + '<g class="pointer"></g>';
    const most = Math.max(...c.total);
    chart.setAttribute('aria-label', `Speed against radius, ${s.low.toPrecision(2)} to ${s.high.toPrecision(2)} kpc. Disc and halo together reach ${most.toFixed(0)} km/s at ${c.radii[c.total.indexOf(most)].toPrecision(2)} kpc; the disc alone ${Math.max(...c.disc).toFixed(0)} km/s. The decoded curve reaches ${Math.max(...c.decoded).toFixed(0)} km/s.`);
    sayReading();
  }

  // ---- words beside the chart ----
  function read(event) {
    const s = state.scale, box = chart.getBoundingClientRect();
    state.reading = s.radiusAt(Math.min(Math.max((event.clientX - box.left)/box.width*s.w, MARGIN.left), s.right));
    sayReading();
  }

  function sayReading() {
    const r = state.reading, s = state.scale, g = numbers.power10(state.galaxy);
    if (!(r >= s.low*.999 && r <= s.high*1.001)) return;
    const [total] = numbers.rotationCurve([r], g);
    find('.pointer').innerHTML = `<path class="cursor" d="M${s.x(r).toFixed(1)} ${MARGIN.top}V${s.bottom}"/>`;
    find('.reading').textContent = `At ${r.toPrecision(2)} kpc: disc ${numbers.discVelocity(r, g[0], g[1]).toFixed(0)}, halo ${numbers.haloVelocity(r, g[2], g[3]).toFixed(0)}, together ${total.toFixed(0)} km/s.`;
  }

  const starts = () => [state.galaxy, data.start];

  function sayCode() {
    const physics = numbers.rotationCurve(model.radius, numbers.power10(state.galaxy));
    const miss = Math.max(...numbers.decode(model, state.code).map((v, i) => Math.abs(v/physics[i] - 1)));
    const near = state.follows ? null : numbers.nearestGalaxy(model.radius, numbers.decode(model, state.code), starts(), data.ranges);
    const bad = (near ? near.miss : miss) > RINGS_GONE, note = find('.note');
    note.classList.toggle('warn', bad);
    if (!near) note.textContent = `Squeezed into ${nCode} numbers and decoded, this galaxy’s curve is off by ${small(miss)} at its worst radius.`
      + (bad ? ' It is unlike the galaxies that the network was trained on.' : '');
    else if (!near.galaxy) note.textContent = 'This code decodes to a speed of zero or less: no galaxy has such a curve.';
    else note.textContent = bad ? `Not every code is a galaxy: within the ranges of the sliders, the nearest galaxy misses this decoded curve by ${percent(near.miss)} at its worst radius.`
      : `A galaxy within the ranges of the sliders has this curve, to ${small(near.miss)} at its worst radius.`;
  }

  function sayAgreement() {
    const n = state.points.length, speeds = numbers.rotationCurve(state.points.map(p => p[0]), numbers.power10(state.galaxy));
    const {rms, chi2} = n ? numbers.agreement(speeds, state.points) : {};
    const reduced = n > 4 ? `, reduced χ² ${(chi2/(n - 4)).toPrecision(3)} (${n} points less 4 parameters)` : `, χ² ${n && chi2.toPrecision(3)} (${n} ${n > 1 ? 'points' : 'point'})`;
    find('.agreement').textContent = n ? `Disc and halo against the points: rms ${rms.toPrecision(3)} km/s${reduced}.${n < 4 ? ' A fit needs 4.' : ''}` : '';
    find('#rx-fit').disabled = n < 4;
    find('.legend li:last-child').hidden = !n;
  }

  function showSliders() {
    const show = (input, value, text) => {
      input.value = value; input.setAttribute('aria-valuetext', text); input.previousElementSibling.textContent = text;
    };
    galaxySliders.forEach((o, i) => show(o, state.galaxy[i], plain(state.galaxy[i], PARAMETERS[i][1])));
    codeSliders.forEach((o, i) => show(o, state.code[i], state.code[i].toFixed(2).replace(/^-(?=.*[1-9])/, '−').replace('-', '')));
    find('#rx-follows').checked = state.follows;
    find('#rx-nearest').disabled = state.follows;
  }

  // ---- state ----
  const timers = {};
  const soon = (name, act) => { clearTimeout(timers[name]); timers[name] = setTimeout(act, 120); };
  const keepLink = () => { if (location.protocol !== 'about:') history.replaceState(history.state, '', texts.hashOf(state)); };

  function update() {
    if (state.follows) state.code = numbers.encode(model, numbers.rotationCurve(model.radius, numbers.power10(state.galaxy)));
    showSliders(); draw(); sayAgreement();
    if (state.follows) sayCode(); else soon('code', sayCode);
  }

  function change(what) { Object.assign(state, what); update(); soon('link', keepLink); }

  function readText(text) {
    const {points, faults} = texts.readCurve(text);
    find('.faults').textContent = faults.slice(0, 8).map(f => `Line ${f.line}: ${f.why}.`).join('\n') + (faults.length > 8 ? `\nand ${faults.length - 8} more.` : '');
    return points;
  }

  function setText(text) { find('#rx-text').value = text; change({points: readText(text)}); }

  function fromLink() {
    const found = texts.stateOf(location.hash, nCode);
    if (!found) return false;
    const {galaxy, code, follows, text} = found;
    Object.assign(state, {galaxy, follows, code: code || state.code, points: readText(text)});
    find('#rx-text').value = text;
    update();
    return true;
  }

  // ---- events ----
  const on = (target, name, act) => (typeof target === 'string' ? find(target) : target).addEventListener(name, act);
  galaxySliders.forEach((o, i) => on(o, 'input', () => change({galaxy: state.galaxy.map((v, j) => j === i ? Number(o.value) : v)})));
  codeSliders.forEach((o, i) => on(o, 'input', () => change({follows: false, code: state.code.map((v, j) => j === i ? Number(o.value) : v)})));
  let next = 0;
  on('#rx-another', 'click', () => change({galaxy: data.galaxies[next++%data.galaxies.length]}));
  on('#rx-reset', 'click', () => change({galaxy: data.start, follows: true}));
  on('#rx-follows', 'change', event => change({follows: event.target.checked}));
  on('#rx-nearest', 'click', () => {
    const {galaxy} = numbers.nearestGalaxy(model.radius, numbers.decode(model, state.code), starts(), data.ranges);
    if (galaxy) change({galaxy});
  });
  on('#rx-text', 'input', event => change({points: readText(event.target.value)}));
  on('#rx-example', 'click', () => setText(data.example));
  on('#rx-clear', 'click', () => setText(''));
  on('#rx-fit', 'click', () => change({galaxy: numbers.fitPoints(state.points, starts(), data.ranges)}));
  on('#rx-file', 'change', event => { if (event.target.files[0]) event.target.files[0].text().then(setText); event.target.value = ''; });
  on(host, 'dragover', event => { event.preventDefault(); find('.measured').classList.add('over'); });
  on(host, 'dragleave', () => find('.measured').classList.remove('over'));
  on(host, 'drop', event => {
    find('.measured').classList.remove('over');
    if (event.dataTransfer.files[0]) { event.preventDefault(); event.dataTransfer.files[0].text().then(setText); }
  });
  on(chart, 'pointermove', read);
  on(chart, 'pointerdown', read);
  on(window, 'hashchange', fromLink);
  const resize = () => { state.width = Math.max(300, Math.round(host.clientWidth) || 700); draw(); };

  if (!fromLink()) update();
  resize();
  new ResizeObserver(resize).observe(host);
}
