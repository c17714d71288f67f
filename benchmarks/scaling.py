"Cost against the number of galaxies, cost against the number of processes, and peak memory, in one run with a figure. Each measurement is a process of its own."
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fastcore.script import call_parse

SIMULATE = 'from rotae.stream import simulate_catalogue; import resource, sys, time; t = time.perf_counter(); simulate_catalogue(sys.argv[1], int(float(sys.argv[2])), shard=sys.argv[3], progress=False); print(time.perf_counter() - t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024)'
TRAIN = '''
import os, resource, sys, time
from rotae.all import *
from rotae.data import Endless
size, steps = map(int, sys.argv[1:])
model = AutoEncoder(rng=0, **RECIPES['shipped'][0])
run = lambda n: fit(model, Endless(1.3), epochs=n, batch_size=size, report=10**6, progress=False)
run(2)
start = time.perf_counter()
run(steps)
if not int(os.environ.get('RANK', 0)): print((time.perf_counter() - start)/steps, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024)
'''

def start(*command): return subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})

def finish(process):
    "Seconds and peak MB that a process printed last."
    said = process.communicate()[0]
    if process.returncode: raise RuntimeError(f'{process.args[:3]} ended with {process.returncode}')
    return tuple(map(float, said.split()[-2:]))

def simulated(n, processes=1):
    "Seconds and peak MB of one process for n galaxies on disk, written as shards by so many at once."
    with tempfile.TemporaryDirectory() as folder:
        return tuple(map(max, zip(*map(finish, [start(sys.executable, '-c', SIMULATE, folder, n, f'{i}/{processes}') for i in range(1, processes + 1)]))))

def trained(size, steps, processes=1):
    "Seconds a step, and peak MB of one process, for a batch that so many share."
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder)/'train.py'
        script.write_text(TRAIN)
        launch = [sys.executable] if processes == 1 else [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', processes]
        return finish(start(*launch, script, size, steps))

def disk(folder, size=1 << 28):
    "Bytes a second that a folder's disk takes, all of them flushed."
    import numpy as np
    data, path, begin = np.ones(size, np.uint8), Path(folder)/'disk', time.perf_counter()
    with path.open('wb') as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
    path.unlink()
    return size/(time.perf_counter() - begin)

def figure(catalogues, shards, training, path):
    "Seconds and memory against n, and speed against processes."
    import matplotlib.pyplot as plt
    fig, (time_axes, memory, speed) = plt.subplots(1, 3, figsize=(13, 4), layout='constrained')
    n, seconds, mb = zip(*((n, *o) for n, o in catalogues.items()))
    time_axes.loglog(n, seconds, 'o-')
    time_axes.set(xlabel='galaxies', ylabel='seconds to disk')
    memory.semilogx(n, mb, 'o-')
    memory.axhline(1500, ls=':', c='k')
    memory.set(xlabel='galaxies', ylabel='peak memory (MB)', ylim=0)
    for name, o in (('catalogue', shards), ('training step', training)): speed.plot(list(o), [o[1][0]/t for t, _ in o.values()], 'o-', label=name)
    speed.plot(list(shards), list(shards), 'k:', label='ideal')
    speed.set(xlabel='processes', ylabel='speed over one process', ylim=0)
    speed.legend()
    fig.savefig(path, dpi=120)

@call_parse
def main(
    largest:float=1e7, # galaxies of the largest catalogue; it needs 232 bytes each in the temporary folder
    most:int=None, # processes at most; all cores if not given
    size:int=4096, # curves a training step
    steps:int=50, # training steps for each timing
    repeats:int=3, # of the timings against processes, of which the median is taken
    figure_path:str='scaling.png' # where to draw
):
    "Print and draw how time and memory grow with galaxies and with processes."
    counts = [k for k in (1, 2, 4, 8, 16, 32, 64) if k <= (most or os.cpu_count())]
    print(f'{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; the disk takes {disk(tempfile.gettempdir())/232:.2e} curves/s', flush=True)
    catalogues = {}
    for n in [10**k for k in range(3, 13) if 10**k <= largest]:
        catalogues[n] = seconds, mb = simulated(n)
        print(f'{n:>12,} galaxies: {seconds:8.2f} s, {n/seconds:9.2e} curves/s, peak {mb:.0f} MB', flush=True)
    middle = lambda runs: tuple(map(statistics.median, zip(*runs)))
    shards, training = {}, {}
    for k in counts:
        n = counts[-1]*(1 << 20)
        shards[k] = middle([simulated(n, k) for _ in range(repeats)])
        training[k] = middle([trained(size, steps, k) for _ in range(repeats)])
        print(f'{k} processes: {n:,} galaxies in {shards[k][0]:.2f} s, {n/shards[k][0]:.2e} curves/s; a step of {size} curves in {1000*training[k][0]:.1f} ms, {size/training[k][0]:.2e} curves/s; peak {max(shards[k][1], training[k][1]):.0f} MB each', flush=True)
    figure(catalogues, shards, training, figure_path)
    assert max(mb for _, mb in catalogues.values()) < 1500
