"Speed of the physics: curves per second of ours and of other people's code, all in one run. `python benchmarks/physics.py --help` lists the options."
import os
for name in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS'): os.environ.setdefault(name, '1')  # before numpy: one thread for all
import time
import numpy as np, torch, vcdisk
from fastcore.script import call_parse
from galpy.potential import NFWPotential, RazorThinExponentialDiskPotential, vcirc
from scipy.special import i0, i1, k0, k1
from rotae.physics import G, disc_velocity, rotation_curve, virial_radius
from rotae.simulation import simulate

def population(n, rng):
    "Four parameters of `n` galaxies, with the scaling relations and scatters of the tutorial."
    disc = rng.uniform(9, 12, n)
    halo = 12 + .75*(disc - 10.7) + .25*rng.normal(size=n)
    c = .905 - .101*(halo + np.log10(.7) - 12) + .11*rng.normal(size=n)
    return 10**disc, 10**(.5 + .3*(disc - 10.7) + .4*rng.normal(size=n)), 10**halo, 10**c

class OneByOne:
    "The yardstick: for each galaxy one numpy call for the disc and one for the halo, in list comprehensions; NaN becomes 0."
    def __init__(self, disc_mass, scale_length, halo_mass, concentration):
        self.disc, self.halo = (disc_mass, scale_length), (halo_mass, concentration)
    def disc_speed(self, r, mass, length):
        y = r/(2*length)
        return np.nan_to_num(np.sqrt(2*G*mass/length*y**2*(i0(y)*k0(y) - i1(y)*k1(y))))
    def halo_speed(self, r, mass, c):
        edge = np.cbrt(2*G*mass/(200*.07**2))
        m = lambda x: np.log(1 + x) - x/(1 + x)
        return np.sqrt(G*mass/r*m(c*r/edge)/m(c))
    def speed(self, r):
        disc = np.array([self.disc_speed(r, m, l) for m, l in zip(*self.disc)])
        halo = np.array([self.halo_speed(r, m, c) for m, c in zip(*self.halo)])
        return np.sqrt(disc**2 + halo**2)

def with_galpy(r, disc_mass, scale_length, halo_mass, concentration):
    "One pair of galpy potentials for each galaxy."
    def one(md, rd, mh, c):
        disc = RazorThinExponentialDiskPotential(amp=G*md/(2*np.pi*rd**2), hr=rd)
        halo = NFWPotential(amp=G*mh/(np.log1p(c) - c/(1 + c)), a=virial_radius(mh)/c)
        return vcirc([disc, halo], r, use_physical=False)
    return np.array([one(*g) for g in zip(disc_mass, scale_length, halo_mass, concentration)])

def with_vcdisk(r, disc_mass, scale_length): return np.array([vcdisk.vcdisk_thinexp(r, m, l) for m, l in zip(disc_mass, scale_length)])

@call_parse
def main(
    n:int=100_000,      # galaxies
    radii:int=50,       # radii, log-spaced from 0.1 to 50 kpc
    repeats:int=7,      # of which the median is taken
    slow:int=300,       # galaxies for the packages that take milliseconds for each
    rng:int=0,          # seed of the galaxies
):
    "Print curves per second, their ratio to the yardstick, and the largest relative difference from the exact function."
    torch.set_num_threads(1)
    g, r = population(n, np.random.default_rng(rng)), np.geomspace(.1, 50, radii)
    few, tensors, R = [p[:slow] for p in g], [torch.tensor(p) for p in g], torch.tensor(r)
    exact, kept, kept32 = rotation_curve(r, *g), np.empty((n, radii)), np.empty((n, radii), np.float32)
    yardstick = 'one by one, list comprehensions (the yardstick)'
    runs = {
        yardstick: (n, lambda: OneByOne(*g).speed(r)),
        'rotation_curve, numpy': (n, lambda: rotation_curve(r, *g)),
        'rotation_curve, torch': (n, lambda: rotation_curve(R, *tensors)),
        'simulate, table': (n, lambda: simulate(r, *g, method='table')),
        'simulate, table, out=': (n, lambda: simulate(r, *g, method='table', out=kept)),
        'simulate, table, float32, out=': (n, lambda: simulate(r, *g, method='table', out=kept32)),
        'simulate, compiled': (n, lambda: simulate(r, *g, method='compiled')),
        'simulate, compiled, out=': (n, lambda: simulate(r, *g, method='compiled', out=kept)),
        'simulate, compiled, float32, out=': (n, lambda: simulate(r, *g, method='compiled', out=kept32)),
        'galpy vcirc': (slow, lambda: with_galpy(r, *few)),
        'vcdisk_thinexp (the disc alone)': (slow, lambda: with_vcdisk(r, *few[:2])),
        'disc_velocity (the disc alone)': (n, lambda: disc_velocity(r, *g[:2])),
        'copying finished curves (the limit)': (n, lambda: np.copyto(kept, exact)),
    }
    try: import numba  # noqa: F401
    except ImportError: runs = {k: v for k, v in runs.items() if 'compiled' not in k}
    times = {k: [] for k in runs}
    with np.errstate(all='ignore'):
        results = {k: np.asarray(f()).copy() if k != 'copying finished curves (the limit)' else None for k, (_, f) in runs.items()}  # warm up
        for _ in range(repeats):
            for k, (_, f) in runs.items():
                start = time.perf_counter(); f(); times[k].append(time.perf_counter() - start)
    rate = {k: m/np.median(times[k]) for k, (m, _) in runs.items()}
    print(f'{n} galaxies, {radii} radii, one thread, medians of {repeats}\n{"":48}{"curves/s":>10}{"ratio":>8}{"difference":>12}')
    for k, v in results.items():
        reference = disc_velocity(r, *g[:2]) if 'alone' in k else exact
        difference = f'{np.abs(v/reference[:len(v)] - 1).max():.0e}' if v is not None else ''
        print(f'{k:48}{rate[k]:10.2e}{rate[k]/rate[yardstick]:8.3g}{difference:>12}')
