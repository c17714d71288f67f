"Error against seconds: the post's recipe, PCA, pythae's autoencoder and rotae's recipes, side by side in one run, medians over seeds."
import io
import os
import statistics
import time
from contextlib import redirect_stderr
from importlib.util import find_spec

import numpy as np
import torch
from fastcore.script import call_parse
from torch.nn import functional as F

from rotae.data import RADII, sample_galaxies
from rotae.many import fit_together
from rotae.model import AutoEncoder
from rotae.recipes import train_recipe
from rotae.training import OPTIMISERS, PCACode, fit, reconstruction_error

def timed(f, *args, **kw):
    "What `f` returns, and the seconds it took."
    start = time.perf_counter()
    return f(*args, **kw), time.perf_counter() - start

def by_recipe(name, curves, seed, **options):
    "A model trained by a recipe."
    return train_recipe(name, curves, rng=seed, progress=False, **options)[0]

def bare_loop(curves, seed, epochs=1001):
    "The post's training as a plain loop."
    model = AutoEncoder(rng=seed).set_scaling(curves)
    x, opt = model.scaling(torch.tensor(curves, dtype=torch.float32)), torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(epochs):
        loss = F.mse_loss(model(x), x)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return model

def by_pythae(curves, seed):
    "pythae's AE at the post's settings: the same layers, learning rate, full batches and epochs."
    import logging
    import tempfile
    from pythae.models import AE, AEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    logging.disable(logging.CRITICAL)
    ours = AutoEncoder(rng=seed).set_scaling(curves)
    class Encoder(BaseEncoder):
        def __init__(self): super().__init__(); self.net = ours.encoder
        def forward(self, x): return ModelOutput(embedding=self.net(x))
    class Decoder(BaseDecoder):
        def __init__(self): super().__init__(); self.net = ours.decoder
        def forward(self, z): return ModelOutput(reconstruction=self.net(z))
    theirs = AE(AEConfig(input_dim=(len(RADII),), latent_dim=4), Encoder(), Decoder())
    data = [{'data': o} for o in ours.scaling(torch.tensor(curves, dtype=torch.float32))]
    config = BaseTrainerConfig(output_dir=tempfile.mkdtemp(), num_epochs=1001, learning_rate=0.01, per_device_train_batch_size=len(data), no_cuda=True)
    with redirect_stderr(io.StringIO()): BaseTrainer(theirs, [*data], training_config=config).train()   # its thousand progress bars
    return ours

def library_soap(curves, seed, seconds):
    "The recipe 'a second' with the SOAP of pytorch_optimizer in place of ours."
    from pytorch_optimizer import SOAP
    OPTIMISERS['library'] = lambda model, lr: SOAP(model.parameters(), lr=lr, betas=(0.9, 0.9), weight_decay=0., precondition_frequency=10, eps=1e-12)
    return by_recipe('a second', None, seed, optimiser='library', seconds=seconds)

def table(results, fresh):
    "Prints a row for each name: seconds and errors, medians and ranges over seeds."
    print(f'{"":44} {"seconds":>8} {"mse":>8} {"min":>8} {"max":>8} {"km/s":>8} {"p99.9":>8}')
    for name, runs in results.items():
        errors = [reconstruction_error(model, fresh) for model, _ in runs]
        mse = [e['mse'] for e in errors]
        print(f'{name:44} {statistics.median(t for _, t in runs):8.2f} {statistics.median(mse):8.1e} {min(mse):8.1e} {max(mse):8.1e} '
              f'{statistics.median(e["rmse"] for e in errors):8.4f} {statistics.median(e["rel_p999"] for e in errors):8.2%}', flush=True)

def figure(results, fresh, path):
    "Error against seconds."
    import matplotlib.pyplot as plt
    fig, ax = plt.subplots(figsize=(7, 4.5), layout='constrained')
    for name, runs in results.items(): ax.loglog([t for _, t in runs], [reconstruction_error(m, fresh)['mse'] for m, _ in runs], 'o', label=name)
    ax.set(xlabel='seconds', ylabel="mean squared error on fresh galaxies (post's units)")
    ax.legend(fontsize=8)
    fig.savefig(path, dpi=120)

@call_parse
def main(
    seeds:int=6, # seeds for each recipe
    minute:int=6, # seeds for the recipe of a minute; 0 leaves it out
    first:int=1000, # the first seed
    figure_path:str='training.png' # where to draw error against seconds
):
    "Train everything and print a table; times are wall times on the threads that torch uses."
    fresh, results, overhead, together = sample_galaxies(20_000, rng=7_000_000).rotation_curve(RADII), {}, [], []
    print(f'{torch.get_num_threads()} threads')
    by_recipe('a second', None, 0, epochs=3)   # warm up: first calls load libraries
    PCACode(4).fit(fresh[:100])
    for seed in range(first, first + seeds):
        curves = sample_galaxies(800, rng=seed).rotation_curve(RADII)
        def add(name, f, *args, **kw): results.setdefault(name, []).append(timed(f, *args, **kw))
        add('the post, 800 curves', by_recipe, 'post', curves, seed)
        post = results['the post, 800 curves'][-1][1]
        add('PCA, 4 components', PCACode(4).fit, curves)
        bare = timed(bare_loop, curves, seed)[1]
        overhead.append(timed(by_recipe, 'post', curves, seed)[1]/bare - 1)
        if find_spec('pythae'): add("pythae's AE, the post's settings", by_pythae, curves, seed)
        add("'few curves', the post's time and curves", by_recipe, 'few curves', curves, seed, seconds=post)
        add("'a second', the post's time, endless", by_recipe, 'a second', None, seed, seconds=post)
        if find_spec('pytorch_optimizer'): add("the same with pytorch_optimizer's SOAP", library_soap, curves, seed, post)
        if seed < first + minute: add("'a minute', 60 s, endless", by_recipe, 'a minute', None, seed, seconds=60)
    results['the model that comes along'] = [timed(AutoEncoder.pretrained)]
    table(results, fresh)
    figure(results, fresh, figure_path)
    for threads in sorted({1, os.cpu_count()}):
        torch.set_num_threads(threads)
        for k in (5, 20):
            curves = [sample_galaxies(800, rng=i).rotation_curve(RADII) for i in range(k)]
            ratios = [timed(fit, AutoEncoder(rng=0), curves[0], progress=False)[1]*k/timed(fit_together, [AutoEncoder(rng=i) for i in range(k)], curves, progress=False)[1] for _ in range(3)]
            together.append((k, threads, statistics.median(ratios)))
    print(f'`fit` beside a bare loop, per step: {statistics.median(overhead):+.0%}')
    for k, threads, ratio in together: print(f'{k} networks together, {threads} threads: {ratio:.1f} times faster than one after the other')
    assert np.isfinite(overhead).all()
