// The numbers behind the explorer: the physics of rotae.physics and the networks of rotae.model.
// Nothing here touches the page, so tests can run it in Node. Units as in rotae: kpc, Msun, km/s.
const numbers = (() => {
  'use strict';

  // ---- physics ----
  const G = 4.301e-6, HUBBLE = 70, OVERDENSITY = 200;   // as in rotae.physics; tests compare the speeds
  const EULER = 0.5772156649015329;

  // I0(y) K0(y) - I1(y) K1(y)
  function besselTerm(y) {
    if (y < 1e-6) return -Math.log(y/2) - EULER - .5;   // DLMF 10.30.1 to 10.30.3: the next term is of order y^2 ln y
    return y < 16 ? besselInside(y) : besselOutside(y);
  }

  // From the integrals of DLMF 10.32.3 and 10.32.9, with e^y taken out. The integrands are smooth and periodic,
  // or die out, so the trapezoid rule with these few points is good to the last digits.
  function besselInside(y) {
    const n = 32, step = .2;
    let i0 = 0, i1 = 0, k0 = .5, k1 = .5;
    for (let k = 0; k < n; k++) {
      const c = Math.cos(Math.PI*(k + .5)/n), w = Math.exp(y*(c - 1));
      i0 += w; i1 += w*c;
    }
    for (let t = step, last = 1; last > 1e-17*k1; t += step) {
      const c = Math.cosh(t), w = Math.exp(-y*(c - 1));
      k0 += w; k1 += last = w*c;
    }
    return (i0*k0 - i1*k1)*step/n;
  }

  // The asymptotic series of DLMF 10.40.6, its two parts subtracted term by term so that nothing cancels.
  function besselOutside(y) {
    const q = 1/(4*y*y);
    let a = 1, b = 1, total = 0;
    for (let k = 1; k < 16; k++) {
      const odd = (2*k - 1)**2, share = q*(2*k - 1)/(2*k);
      a *= share*odd; b *= share*(odd - 4);
      total += a - b;
    }
    return total/(2*y);
  }

  // Squared speed of a thin exponential disc (Freeman 1970, eq. 10)
  function discSquare(radius, discMass, scaleLength) {
    const y = radius/(2*scaleLength);
    return y > 0 ? 2*G*discMass/scaleLength*y*y*besselTerm(y) : 0;
  }

  // ln(1 + x) - x/(1 + x), the NFW mass; below 0.5 as a series, because the difference cancels there
  function nfwMass(x) {
    if (x >= .5) return Math.log1p(x) - x/(1 + x);
    const z = x/(2 + x);
    let series = 0;
    for (let k = 9; k >= 0; k--) series = series*z*z + 1/(2*k + 3);
    return 2*z*z*(1/(1 + z) + z*series);
  }

  const virialRadius = haloMass => Math.cbrt(2e6*G*haloMass/(OVERDENSITY*HUBBLE*HUBBLE));

  // Squared speed of a halo (Navarro, Frenk & White 1997)
  function haloSquare(radius, haloMass, concentration) {
    if (!(radius > 0)) return 0;
    const x = radius*concentration/virialRadius(haloMass);
    return G*haloMass/radius*nfwMass(x)/nfwMass(concentration);
  }

  const discVelocity = (radius, discMass, scaleLength) => Math.sqrt(discSquare(radius, discMass, scaleLength));
  const haloVelocity = (radius, haloMass, concentration) => Math.sqrt(haloSquare(radius, haloMass, concentration));

  // Speeds at each radius of the galaxy [disc mass, scale length, halo mass, concentration]
  function rotationCurve(radii, [discMass, scaleLength, haloMass, concentration]) {
    return radii.map(r => Math.sqrt(discSquare(r, discMass, scaleLength) + haloSquare(r, haloMass, concentration)));
  }

  // ---- networks ----
  const activations = {
    relu: x => Math.max(x, 0),
    tanh: Math.tanh,
    gelu: x => x*(1 + erf(x*Math.SQRT1_2))/2,
    silu: x => x/(1 + Math.exp(-x)),
  };

  // DLMF 7.6.2: all terms have one sign, so nothing cancels
  function erf(x) {
    if (Math.abs(x) > 6) return Math.sign(x);
    let term = x, total = x;
    for (let n = 1; Math.abs(term) > 1e-17*Math.abs(total); n++) total += term *= 2*x*x/(2*n + 1);
    return 2/Math.sqrt(Math.PI)*Math.exp(-x*x)*total;
  }

  function applyLayer(layer, x) {
    const act = layer.activation ? activations[layer.activation] : y => y;
    return Array.from(layer.bias, (bias, j) => {
      let y = bias;
      for (let i = 0, at = j*layer.nIn; i < layer.nIn; i++) y += layer.weight[at + i]*x[i];
      return layer.residual ? x[j] + act(y) : act(y);
    });
  }

  function applyNetwork({layers, line}, x) {
    const y = layers.reduce((h, layer) => applyLayer(layer, h), x);
    return line ? applyLayer(line, x).map((v, i) => v + y[i]) : y;
  }

  // The model from what rotae.explore wrote: cuts the long row of float32 weights into its layers.
  function loadModel(data) {
    const bytes = Uint8Array.from(atob(data.weights), c => c.charCodeAt(0)), all = new Float32Array(bytes.buffer);
    let at = 0;
    const take = n => all.subarray(at, at += n);
    const fill = layer => layer && {...layer, weight: take(layer.nIn*layer.nOut), bias: take(layer.nOut)};
    const network = ({layers, line}) => ({layers: layers.map(fill), line: fill(line)});
    return {...data, weights: null, decoder: network(data.decoder), encoder: network(data.encoder)};
  }

  const mean = x => x.reduce((a, b) => a + b, 0)/x.length;

  // Code -> km/s at the model's radii
  function decode(model, code) {
    const shape = applyNetwork(model.decoder, model.level ? code.slice(1) : code);
    const level = model.level ? Math.exp(code[0]*model.level[1] + model.level[0]) : 1;
    return shape.map((x, i) => {
      const v = x*model.std[i] + model.mean[i];
      return level*(model.logSpeed ? Math.exp(v) : v);
    });
  }

  // km/s at the model's radii -> code
  function encode(model, curve) {
    const log = model.level ? mean(curve.map(Math.log)) : 0, level = Math.exp(log);
    const x = curve.map((v, i) => ((model.logSpeed ? Math.log(v/level) : v/level) - model.mean[i])/model.std[i]);
    const z = applyNetwork(model.encoder, x);
    return model.level ? [(log - model.level[0])/model.level[1], ...z] : z;
  }

  // ---- fits: least squares by damped Gauss-Newton steps inside bounds ----
  // `misses` maps parameters to a row of numbers that should all be zero.
  function leastSquares(misses, start, bounds, steps = 40) {
    let p = clip(start, bounds), r = misses(p), damping = 1e-3;
    for (let k = 0; k < steps && damping < 1e8; k++) {
      const step = gaussNewtonStep(misses, p, r, bounds, damping);
      const next = clip(p.map((v, i) => v + step[i]), bounds), rNext = misses(next);
      const gain = 1 - sumSquares(rNext)/sumSquares(r);
      if (gain > 0) { p = next; r = rNext; damping = Math.max(damping/10, 1e-9); } else damping *= 10;
      if (gain >= 0 && gain < 1e-9) break;
    }
    return p;
  }

  const clip = (p, bounds) => p.map((v, i) => Math.min(Math.max(v, bounds[i][0]), bounds[i][1]));
  const sumSquares = r => r.reduce((a, b) => a + b*b, 0);
  const dot = (a, b) => a.reduce((s, v, i) => s + v*b[i], 0);

  // A parameter that would be pushed out of its bounds stays where it is.
  function gaussNewtonStep(misses, p, r, bounds, damping) {
    const slopes = p.map((v, i) => {
      const h = v + 1e-5 > bounds[i][1] ? -1e-5 : 1e-5;
      return misses(p.map((w, j) => w + (i === j)*h)).map((m, k) => (m - r[k])/h);
    });
    const down = slopes.map(s => -dot(s, r));
    const free = p.map((v, i) => !(down[i] < 0 && v <= bounds[i][0] || down[i] > 0 && v >= bounds[i][1]));
    const matrix = slopes.map((a, i) => slopes.map((b, j) => free[i] && free[j] ? dot(a, b)*(1 + (i === j)*damping) : +(i === j)));
    return solve(matrix, down.map((d, i) => free[i] ? d : 0));
  }

  // Gauss's elimination with the largest pivot first
  function solve(matrix, right) {
    const a = matrix.map((row, i) => [...row, right[i]]), n = a.length;
    for (let i = 0; i < n; i++) {
      const best = a.reduce((b, row, k) => k >= i && Math.abs(row[i]) > Math.abs(a[b][i]) ? k : b, i);
      [a[i], a[best]] = [a[best], a[i]];
      if (!a[i][i]) a[i][i] = 1;   // nothing depends on this parameter: leave it
      for (let k = 0; k < n; k++) if (k !== i) {
        const f = a[k][i]/a[i][i];
        a[k] = a[k].map((v, j) => v - f*a[i][j]);
      }
    }
    return a.map((row, i) => row[n]/row[i]);
  }

  const power10 = logs => logs.map(v => 10**v);

  // The galaxy, as log10 of its parameters, whose curve comes closest to `curve`, and its largest relative miss.
  function nearestGalaxy(radii, curve, starts, bounds) {
    if (!curve.every(v => v > 0)) return {galaxy: null, miss: Infinity};
    const misses = logs => rotationCurve(radii, power10(logs)).map((v, i) => v/curve[i] - 1);
    const tries = starts.map(s => leastSquares(misses, s, bounds)), cost = tries.map(p => sumSquares(misses(p)));
    const galaxy = tries[cost.indexOf(Math.min(...cost))];
    return {galaxy, miss: Math.max(...misses(galaxy).map(Math.abs))};
  }

  // The galaxy that fits measured points [radius, speed, error] best
  function fitPoints(points, starts, bounds) {
    const radii = points.map(p => p[0]);
    const misses = logs => rotationCurve(radii, power10(logs)).map((v, i) => (v - points[i][1])/points[i][2]);
    const tries = starts.map(s => leastSquares(misses, s, bounds)), cost = tries.map(p => sumSquares(misses(p)));
    return tries[cost.indexOf(Math.min(...cost))];
  }

  // How far speeds are from measured points: root mean square in km/s, and chi squared
  function agreement(speeds, points) {
    const off = points.map(([, v], i) => v - speeds[i]);
    return {rms: Math.sqrt(sumSquares(off)/points.length), chi2: sumSquares(off.map((d, i) => d/points[i][2]))};
  }

  return {discVelocity, haloVelocity, rotationCurve, loadModel, decode, encode, nearestGalaxy, fitPoints, agreement,
    leastSquares, activations, power10};
})();
if (typeof module !== 'undefined') module.exports = numbers;
