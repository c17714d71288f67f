"The notebooks are the source: they must run, and show outputs that are still true."
import json
import re
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from execnb.shell import CaptureShell
from fastcore.nbio import read_nb
from nbdev.test import nb_test_cells

root = Path(__file__).parent.parent
nbs = sorted((root/'nbs').glob('[0-9i]*.ipynb'))
number = re.compile(r'[-+]?\d*\.?\d+(?:e[-+]?\d+)?', re.I)

def texts(outputs):
    "What a reader sees of `outputs`: printed text and text results, and a mark for each picture; progress bars are left out."
    for o in outputs:
        data = o.get('data', {})
        if o.get('name') == 'stderr': continue
        if 'image/png' in data: yield 'picture'
        else: yield ''.join(o.get('text') or data.get('text/plain') or '')

def same(a, b, rtol):
    "Are two shown texts equal, numbers up to `rtol`? With None, only the words count."
    a, b = (re.sub(r'\s+', ' ', o) for o in (a, b))
    if number.sub('#', a) != number.sub('#', b): return False
    return rtol is None or np.allclose(*([float(o) for o in number.findall(x)] for x in (a, b)), rtol=rtol, atol=0)

def tolerance(cell):
    "How far its numbers may move: 1e-3, or what the cell's metadata say; None where training or timing makes them volatile."
    meta = cell.metadata.get('rotae', {})
    return None if meta.get('volatile') else meta.get('rtol', 1e-3)

def test_same_can_fail():
    assert same('loss 1.0000 in 3 steps', 'loss 1.0001 in 3 steps', 1e-3) and not same('loss 1.0', 'loss 1.1', 1e-3)
    assert same('loss 1.0', 'loss 7.1', None) and not same('loss 1.0', 'gain 1.0', None)

@pytest.mark.parametrize('nb', nbs, ids=lambda o: o.name)
def test_shown_outputs_are_true(nb, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    quick = {c.id for c in nb_test_cells(nb, skip_flags=['slow'])}
    book = read_nb(nb)
    shown = {c.id: list(texts(c.outputs)) for c in book.cells if c.id in quick}
    shell = CaptureShell(nb)
    try: shell.run_all(book, exc_stop=True, preproc=lambda c: c.id not in quick)
    finally:
        shell.close()
        matplotlib.pyplot.close('all')
    for c in book.cells:
        if c.id in quick:
            now = list(texts(c.outputs))
            assert len(now) == len(shown[c.id]), f'stale output: {c.id}\n{c.source}\n{now}'
            for a, b in zip(now, shown[c.id]): assert same(a, b, tolerance(c)), f'stale output: {c.id}\n{c.source}\nnow:   {a}\nshown: {b}'

@pytest.mark.parametrize('nb', nbs, ids=lambda o: o.name)
def test_clean_and_complete(nb):
    cells = [c for c in json.loads(nb.read_text())['cells'] if c['cell_type'] == 'code']
    assert all(c['execution_count'] is None for c in cells), 'run nbdev-clean'
    assert not any(o['output_type'] == 'error' or o.get('name') == 'stderr' for c in cells for o in c['outputs'])
    for c in cells:
        if any('image/png' in o.get('data', {}) for o in c['outputs']): assert any(o.startswith('#| fig-alt:') for o in c['source']), f'a picture without alt text: {c["id"]}'
