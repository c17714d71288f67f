"Training in two real processes, which talk over gloo: the same galaxies, update and end as in one, also after one was killed."
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rotae.batches import Processes
from rotae.data import Endless
from rotae.files import read_model
from rotae.model import AutoEncoder
from rotae.training import fit

pytest.importorskip('accelerate')
network = dict(rng=1, hidden=(16,), decoder_hidden=(32, 32), activation='tanh', residual=True, log_speed=True, linear_path=True, mass_symmetry=True)
how = dict(batch_size=1024, emphasis=0.25, rng=5, report=10, progress=False)
plan = {'step': dict(epochs=1), 'end': dict(epochs=120, schedule='cosine')}

def launch(launcher, folder, script, **variables):
    "Runs a script in two processes; what it printed, and whether it failed."
    head = f'import os, signal\nimport torch\nfrom rotae.all import *\nfrom rotae.data import Endless\nnetwork, how, plan, first = {network}, {how}, {plan}, not int(os.environ["RANK"])\n'
    (folder/'script.py').write_text(head + script)
    env = {**os.environ, 'OMP_NUM_THREADS': '1', **variables}
    return subprocess.run([Path(sys.executable).parent/launcher[0], *launcher[1:], 'script.py'], cwd=folder, env=env, capture_output=True, text=True, timeout=120)

torchrun = ('torchrun', '--standalone', '--nproc_per_node', '2')
def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return str(s.getsockname()[1])

accelerate = ('accelerate', 'launch', '--multi_gpu', '--num_processes', '2', '--num_machines', '1', '--mixed_precision', 'no', '--dynamo_backend', 'no', '--main_process_port', free_port())

def test_two_processes_do_what_one_does(tmp_path):
    script = '''
import atexit
def none_is_left():   # runs after what `fit` registers
    if os.path.isdir('/proc/self/task') and 'gloo' in ''.join(open(f'/proc/self/task/{o}/comm').read() for o in os.listdir('/proc/self/task')): os._exit(7)
atexit.register(none_is_left)
for name, options in plan.items():
    model = AutoEncoder(**network)
    if not first:   # a process that began elsewhere gets the first one's weights
        with torch.no_grad(): [p.add_(1) for p in model.parameters()]
    history = fit(model, Endless(), **how, **options)
    if first: model.save(name); print(name, history.train[-1], history.valid[-1])
try: fit(model, Endless(), seconds=1)
except ValueError as e: assert 'seconds must be None' in str(e)
else: raise AssertionError
'''
    done = launch(torchrun, tmp_path, script)
    assert done.returncode == 0, done.stderr
    losses = {name: [float(a), float(b)] for name, a, b in map(str.split, done.stdout.splitlines())}
    for name, options in plan.items():
        model = AutoEncoder(**network)
        history = fit(model, Endless(), **how, **options)
        assert np.allclose(losses[name], [history.train[-1], history.valid[-1]], rtol=1e-6 if name == 'step' else 1e-2), losses
        if name == 'step':
            for k, v in read_model(tmp_path/'step')[0].items(): assert np.abs(v - model.state_dict()[k].numpy()).max() < 1e-6, k   # Adam's first step is 1e-2 long

def test_killed_and_restarted_comes_to_the_same_end(tmp_path):
    script = '''
class Fatal(Endless):
    def __call__(self, n, rng):
        if rng.bit_generator.seed_seq.entropy[1] == 47 and not first: os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(n, rng)
killed = 'KILLED' in os.environ
for name in ['part'] if killed else ['part', 'whole']:
    model = AutoEncoder(**network)
    fit(model, (Fatal if killed else Endless)(), checkpoint='checkpoint' if name == 'part' else None, optimiser='soap', **how, **plan['end'])
    if first: model.save(name)
'''
    assert launch(accelerate, tmp_path, script, KILLED='yes').returncode
    assert read_model(tmp_path/'checkpoint')[1]['step'] == 41 and not (tmp_path/'part').exists()
    done = launch(accelerate, tmp_path, script)
    assert done.returncode == 0, done.stderr
    part, whole = (read_model(tmp_path/o)[0] for o in ('part', 'whole'))
    assert all(np.array_equal(v, whole[k]) for k, v in part.items())

def test_without_accelerate_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setenv('WORLD_SIZE', '2')
    monkeypatch.setitem(sys.modules, 'accelerate', None)
    with pytest.raises(ImportError, match=r"pip install 'rotae\[scale\]'"): Processes()

def test_processes_that_find_different_checkpoints_say_so(monkeypatch):
    team = Processes()
    team.engine = type('', (), {'gather': staticmethod(lambda x: x.new_tensor([0, 41]))})
    with pytest.raises(ValueError, match='on a disk that all processes see'): team.agree(0, 'checkpoint')
