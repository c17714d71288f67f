"A GPU beside the processor: simulation, a training step and generation, and how fast each copies memory, medians over repeats in one run."
import statistics
import time

import torch
from fastcore.script import call_parse

from rotae.data import RADII, Endless, sample_galaxies
from rotae.model import AutoEncoder
from rotae.physics import rotation_curve
from rotae.recipes import RECIPES
from rotae.training import fit

def rate(work, amount, device, repeats):
    "Amount a second, the median over repeats, each waited for."
    def seconds():
        start = time.perf_counter()
        work()
        if device.type == 'cuda': torch.cuda.synchronize(device)
        return time.perf_counter() - start
    seconds()   # warm up
    return amount/statistics.median(seconds() for _ in range(repeats))

def tasks(device, n, size, steps):
    "Name -> (what to do, how much of it that is, unit)."
    parameters = [torch.tensor(o, dtype=torch.float32, device=device) for o in sample_galaxies(n, rng=0).as_dict().values()]
    radius = torch.tensor(RADII, dtype=torch.float32, device=device)
    shipped = AutoEncoder.pretrained().to(device)
    codes = shipped.encode(rotation_curve(radius, *parameters)).contiguous()
    sample = sample_galaxies(size, rng=1).rotation_curve()
    a, b = torch.ones(n, 50, device=device), torch.empty(n, 50, device=device)
    def train(curves): return lambda: fit(AutoEncoder(rng=0, **RECIPES['shipped'][0]), curves, epochs=steps, batch_size=size, report=steps, device=device, progress=False)
    @torch.no_grad()
    def generate(): shipped.decode(codes)
    return {'copy of finished curves (the limit)': (lambda: b.copy_(a), n), 'rotation_curve, float32 tensors': (lambda: rotation_curve(radius, *parameters), n),
            f'training, {size} kept curves a step': (train(sample), size*steps), f'training, {size} new curves a step': (train(Endless()), size*steps),
            'generation: codes on the device to km/s': (generate, n)}

@call_parse
def main(
    n:int=1_000_000, # curves to simulate, to generate and to copy
    size:int=4096,   # curves a training step
    steps:int=50,    # training steps for each timing
    repeats:int=5,   # of which the median is taken
):
    "Print curves per second on the processor and, if there is one, on the GPU."
    devices = [torch.device('cpu')] + [torch.device('cuda')]*torch.cuda.is_available()
    print(f'cpu: {torch.get_num_threads()} threads' if len(devices) == 1 else f'cpu: {torch.get_num_threads()} threads; cuda: {torch.cuda.get_device_name()}')
    rates = {d: {k: rate(work, amount, d, repeats) for k, (work, amount) in tasks(d, n, size, steps).items()} for d in devices}
    print(f'{"curves a second":42}' + ''.join(f'{d.type:>11} {"of copy":>8}' for d in devices))
    for k in rates[devices[0]]: print(f'{k:42}' + ''.join(f'{o[k]:11.2e} {o[k]/next(iter(o.values())):8.1e}' for o in rates.values()))
    if len(devices) == 1: print('No GPU that PyTorch can use is here, so only the processor was measured.')
