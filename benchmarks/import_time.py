"What `from rotae.all import *` costs beside importing torch, numpy and matplotlib: medians over repeats, each in a new process."
import statistics
import subprocess
import sys
import time

from fastcore.script import call_parse

def seconds(code):
    "Wall time of a new Python process that runs `code`."
    start = time.perf_counter()
    subprocess.run([sys.executable, '-c', code], check=True)
    return time.perf_counter() - start

@call_parse
def main(
    repeats:int=7 # processes for each of the two
):
    "Print both medians and their ratio."
    codes = {'torch, numpy, matplotlib': 'import torch, numpy, matplotlib.pyplot', 'rotae.all': 'from rotae.all import *'}
    times = {k: [] for k in codes}
    for _ in range(repeats):
        for k, v in codes.items(): times[k].append(seconds(v))
    base, ours = (statistics.median(o) for o in times.values())
    for k, v in times.items(): print(f'{k:26} median {statistics.median(v):.2f} s, range {min(v):.2f} to {max(v):.2f} s')
    print(f'ratio of medians {ours/base:.2f}')
