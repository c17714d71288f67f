"Curves a second: the sampler and decoder against the simulator, medians over repeats in one run, and how real each method's curves are."
import time

import numpy as np
import torch
from fastcore.script import call_parse

from rotae.data import RADII, sample_galaxies
from rotae.generation import CodeSampler, generate
from rotae.model import AutoEncoder
from rotae.scores import physical_fraction, two_sample_auc
from rotae.simulation import simulate

def timed(f):
    "Seconds that `f` took."
    start = time.perf_counter()
    f()
    return time.perf_counter() - start

@call_parse
def main(
    n:int=1_000_000,     # curves for each timing
    repeats:int=5,       # of which the median is taken
    codes:int=100_000,   # codes that the samplers learn from
    judged:int=50_000,   # curves for each AUC; 0 for none
    seeds:int=5,         # AUCs of which the median is taken
    methods:str='mixture', # samplers, with commas between
    components:int=100,  # of the mixture
    steps:int=4000,      # of the flow
):
    "Print curves per second and their ratio to the simulator; then AUC and possible share, beside real against real."
    torch.set_num_threads(1)
    model = AutoEncoder.pretrained()
    curves = lambda k, seed: sample_galaxies(k, rng=seed).rotation_curve(RADII)
    options = dict(mixture=dict(components=components), flow=dict(steps=steps))
    known = model.encode(curves(codes, 100))
    samplers = {k: CodeSampler(k, **options.get(k, {})).fit(known) for k in methods.split(',')}
    galaxies = sample_galaxies(n, rng=101)
    runs = {'simulate (parameters given)': lambda: simulate(RADII, **galaxies.as_dict()), 'draw parameters and simulate': lambda: curves(n, 102),
            **{f'generate, {k}': lambda o=o: generate(model, o, n, rng=103) for k, o in samplers.items()}}
    times = {k: [] for k in runs}
    for _ in range(repeats):
        for k, f in runs.items(): times[k].append(timed(f))
    first = np.median(times['simulate (parameters given)'])
    for k, t in times.items(): print(f'{k:32} {np.median(t):7.2f} s ({min(t):.2f} to {max(t):.2f}) for {n}: {n/np.median(t):9.2e} curves/s, {first/np.median(t):.3f} of the simulator', flush=True)
    if not judged: return
    for name, make in {'real against real': lambda i: curves(judged, 300 + i), **{k: lambda i, o=o: generate(model, o, judged, rng=400 + i) for k, o in samplers.items()}}.items():
        auc = [two_sample_auc(curves(judged, 200 + i), make(i), rng=i) for i in range(seeds)]
        print(f'{name:32} AUC {np.median(auc):.4f} ({min(auc):.4f} to {max(auc):.4f}), chance moves one by {auc[0].noise:.4f}; possible within 1 %: {physical_fraction(make(seeds)):.2%}', flush=True)
