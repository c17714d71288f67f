"Milliseconds a galaxy: the shipped network with importance sampling, and Laplace, against emcee in the same run; and what each answer is worth."
import time

import numpy as np
from fastcore.script import call_parse

from rotae.checks import simulate_curve
from rotae.inference import infer
from rotae.sparc import load_sparc, usual_cut

def timed(curves, method, repeats, **options):
    "Median seconds for each galaxy, and the effective share of its draws."
    seconds, shares = [], []
    for curve in curves:
        taken = []
        for seed in range(repeats):
            start = time.perf_counter()
            posterior = infer(curve, method, rng=seed, **options)
            taken.append(time.perf_counter() - start)
        seconds.append(np.median(taken)); shares.append(posterior.ess/posterior.drawn)
    return np.array(seconds), np.array(shares)

@call_parse
def main(
    sparc:str=None,      # folder with SPARC's tables, to time its good galaxies; without, simulated ones are timed
    n:int=153,           # galaxies at most
    repeats:int=3,       # of which the median is taken, for each galaxy
    walked:int=20,       # galaxies for emcee, which is slow
    seed:int=0,          # of the simulated galaxies
):
    "Print a table of times for 1000 draws, and their ratios to emcee's: 32 walkers, 500 steps and then 2500."
    curves = list(usual_cut(load_sparc(sparc)).values())[:n] if sparc else [simulate_curve(rng=seed + i)[0] for i in range(n)]
    infer(curves[0]), infer(curves[0], 'laplace')   # what is loaded once is not timed
    few = curves[::max(1, len(curves)//walked)][:walked]
    reference = timed(few, 'emcee', 1)[0]
    print(f'{len(curves)} galaxies, {len(few)} of them with emcee\n{"method":10} {"median ms":>9} {"slowest":>8} {"emcee/it":>8} {"effective, least":>17} {"median":>7}')
    print(f'{"emcee":10} {1e3*np.median(reference):9.0f} {1e3*reference.max():8.0f} {1:8.0f}')
    for method in ('laplace', 'amortised'):
        seconds, shares = timed(curves, method, repeats)
        ratio = np.median(reference/timed(few, method, repeats)[0])
        print(f'{method:10} {1e3*np.median(seconds):9.1f} {1e3*seconds.max():8.0f} {ratio:8.0f} {shares.min():17.0%} {np.median(shares):7.0%}')
