"Files: whole whatever happens while they are written, and refused in a sentence whatever is wrong with them."
import hashlib
import json
import os
import pickle
import random
import struct
import subprocess
import sys
import tracemalloc
from copy import deepcopy
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch

from rotae.amortised import train_set_reader, SetReader, sample_measurements
from rotae.data import RADII, sample_galaxies
from rotae.generation import METHODS, CodeSampler
from rotae.inference import Posterior, infer
from rotae.likelihood import Normal, Uniform
from rotae.model import AutoEncoder
from rotae.observed import MeasuredCurve, mock_curve
from rotae.parameters import fit_parameters, load_reader, parameters_from_code, save_reader
from rotae.training import fit

curves = sample_galaxies(60, rng=3).rotation_curve(RADII)
small = dict(hidden=(5,), decoder_hidden=(6, 6), residual=True, log_speed=True, linear_path=True, mass_symmetry=True)

@lru_cache(None)
def example(): return AutoEncoder(rng=1, **small).set_scaling(curves)

def use_model(m):
    "Whatever a model gives is finite; one without a scaling says so."
    return m.decode(m.encode(curves[:3])) if m.unit > 0 else np.ones(1)

def read_sets(net):
    "What a reader of sets makes of simulated galaxies."
    from rotae.amortised import curve_features
    with torch.no_grad(): share, mean, a = net(*curve_features(sample_measurements(3, 8, net.config['view'], 0)[1]))
    return np.concatenate([o.numpy().ravel() for o in (share, mean, a)])

def ask(posterior):
    "All that a posterior can be asked."
    repr(posterior)
    return np.concatenate([np.ravel(o) for o in (*posterior.samples.values(), *posterior.velocity([1., 20.]).values(), posterior.predict(5., 3.), posterior.enclosed_halo_mass(8.), *posterior.checks.values())])

def posteriors():
    "name -> a posterior: with the baryons' parts and without, with all that a row can tell and with nothing."
    curve = mock_curve(4)[0]
    row = dict(distance=10., distance_error=1., inclination=60., inclination_error=3., quality=1, references='here')
    bare = MeasuredCurve('bare', curve.radius, curve.velocity, curve.error)
    known = MeasuredCurve('known', curve.radius, curve.velocity, curve.error, curve.gas, curve.disc, row=row)
    priors = dict(halo_mass=Uniform(9., 13.), scatter=Normal(-2., 0.3))
    return {'templates': infer(known, 'laplace', draws=20, priors=priors), 'disc and halo': infer(bare, 'laplace', draws=20)}

def kinds():
    "What is written to model files: name -> (write it to a path, read it, make numbers with it)."
    codes, reader = example().encode(curves), fit_parameters(example(), n=200, steps=0, hidden=(3,))
    models = dict(post=AutoEncoder(rng=1).set_scaling(curves), good=example(), double=AutoEncoder(rng=1).double(), untrained=AutoEncoder(rng=1))
    found = {f'model, {k}': (v.save, AutoEncoder.load, use_model) for k, v in models.items()}
    for k in METHODS: found[f'sampler, {k}'] = CodeSampler(k, **(dict(steps=1) if k == 'flow' else {})).fit(codes).save, CodeSampler.load, lambda s: s.sample(3)
    found['reader'] = partial(save_reader, reader), lambda path: load_reader(path, example()), lambda r: parameters_from_code(codes, r).log10()
    for view in ('templates', 'disc and halo'): found[f'set reader, {view}'] = SetReader(view, width=8, hills=2, heads=2, rng=1).save, SetReader.load, read_sets
    for k, v in posteriors().items(): found[f'posterior, {k}'] = v.save, Posterior.load, ask
    for optimiser in ('adam', 'soap'):
        def train(path, optimiser=optimiser): return fit(model := AutoEncoder(rng=1, **small), curves, optimiser=optimiser, checkpoint=path, epochs=3, rng=1, progress=False, report=1) and model
        found[f'checkpoint, {optimiser}'] = train, train, use_model
    def learn(path): return train_set_reader(steps=3, batch_size=8, every=1, checkpoint=path, progress=False, width=4, hills=1, heads=1, rng=1)
    found['checkpoint, set reader'] = learn, learn, read_sets
    return found

@pytest.fixture(scope='module')
def files(tmp_path_factory):
    "name -> (bytes of a good file, function that reads one, function that uses what was read)."
    path, found = tmp_path_factory.mktemp('good')/'file', {}
    for name, (write, read, use) in kinds().items():
        path.unlink(missing_ok=True)
        write(path)
        assert np.isfinite(use(read(path))).all()
        found[name] = path.read_bytes(), read, use
    return found

# Damage by accident: bits, bytes and ends

def cut(raw, r): return raw[:r.randrange(len(raw))]
def longer(raw, r): return raw + r.randbytes(r.randrange(1, 50))
def flipped(raw, r):
    raw = bytearray(raw)
    for _ in range(r.choice([1, 1, 2, 10])): raw[r.randrange(len(raw))] ^= 1 << r.randrange(8)
    return bytes(raw)
def blanked(raw, r):
    i = r.randrange(len(raw))
    return raw[:i] + b'\0'*min(512, len(raw) - i) + raw[i + 512:]
def moved(raw, r):
    i, j = sorted(r.randrange(len(raw)) for _ in 'ab')
    return raw[j:] + raw[i:j] + raw[:i]
def noise(raw, r): return r.randbytes(r.randrange(200))
def hostile_size(raw, r): return struct.pack('<Q', r.choice([0, 1, len(raw), len(raw) - 8, 1 << 28, 1 << 31, 1 << 62, (1 << 64) - 1, r.randrange(1 << 64)])) + raw[8:]
ACCIDENTS = [cut, longer, flipped, flipped, blanked, moved, noise, hostile_size]

# Damage on purpose, with a digest that fits

def parts(raw):
    n = int.from_bytes(raw[:8], 'little')
    outer = json.loads(raw[8:8 + n])
    return outer, json.loads(outer['__metadata__']['rotae']), raw[8 + n:]

def signed(outer, header, data):
    "The bytes of a file of these parts, with its right SHA-256 if there is a place for it."
    if isinstance(header, dict) and 'sha256' in header: header = {**header, 'sha256': '0'*64}
    if isinstance(outer.get('__metadata__'), dict): outer = {**outer, '__metadata__': {**outer['__metadata__'], 'rotae': json.dumps(header)}}
    text = json.dumps(outer).encode()
    raw = struct.pack('<Q', len(text)) + text + data
    return raw.replace(b'0'*64, hashlib.sha256(raw).hexdigest().encode(), 1)

ODD = [None, True, -1, 0, 1, 2, 10**6, 10**12, 10**40, -0.5, 1e308, float('nan'), float('inf'), '', 'x', '__import__("os").system("touch ran")', [], {}, [[]], [None], [1, 'x'], [0], [10**9], [1]*20_000, [-1.0, 2.0], {'a': 1}, 'CodeSampler', 'AutoEncoder']

def places(tree, at=()):
    "Every place in nested JSON, as the keys that lead there."
    for k, v in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*at, k)
        if isinstance(v, (dict, list)): yield from places(v, (*at, k))

def changed(tree, r, keep=()):
    "The same with one place given a wrong value, left out or doubled."
    tree = deepcopy(tree)
    *way, last = at = r.choice([o for o in places(tree) if o[0] not in keep])
    inner = tree
    for k in way: inner = inner[k]
    how = r.randrange(4)
    if how == 0: del inner[last]
    elif how == 1 and isinstance(inner, dict): inner[f'{last}x'] = inner.pop(last)
    else: inner[last] = r.choice([o for o in ODD if repr(o) != repr(inner[last])])
    return tree, at

def odd_header(raw, r):
    outer, header, data = parts(raw)
    return signed(outer, changed(header, r, ('sha256', 'about'))[0], data)
def odd_layout(raw, r):
    outer, header, data = parts(raw)
    return signed(changed(outer, r, ('__metadata__',))[0], header, data)
def odd_metadata(raw, r):
    outer, header, data = parts(raw)
    outer['__metadata__'] = r.choice([None, 5, [], {}, {'rotae': r.choice(ODD)}, 'rotae', {'rotae': '['*100_000}, {'rotae': '{"a":'*100_000}, {'rotae': '{"format": ' + '9'*5000 + '}'}])
    text = json.dumps(outer).encode()
    return struct.pack('<Q', len(text)) + text + data
def odd_numbers(raw, r):
    "Numbers that are not finite, or too large or too small for anything."
    outer, header, data = parts(raw)
    layout = r.choice([v for k, v in outer.items() if k != '__metadata__' and v['dtype'] in ('F32', 'F64')])
    (a, b), kind = layout['data_offsets'], {'F32': 'f4', 'F64': 'f8'}[layout['dtype']]
    values = np.frombuffer(data[a:b], kind).copy()
    values[r.randrange(len(values)):] = r.choice([np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-30, 0, -1])
    return signed(outer, header, data[:a] + values.tobytes() + data[b:])
def other_array(raw, r):
    "One array more, one less, or one of another shape or type."
    outer, header, data = parts(raw)
    shapes = {k: v for k, v in outer.items() if k != '__metadata__'}
    arrays = {k: np.frombuffer(data[slice(*v['data_offsets'])], {'F32': 'f4', 'F64': 'f8', 'I64': 'i8'}[v['dtype']]).reshape(v['shape']) for k, v in shapes.items()}
    name = r.choice(sorted(arrays))
    how = r.randrange(5)
    if how == 0: del arrays[name]
    elif how == 1: arrays[r.choice(['more', f'{name}.more', f'flow.{name}'])] = np.ones(3)
    elif how == 2: arrays[name] = arrays[name][None, ..., None] if r.random() < .5 else np.ones((0, 3))
    elif how == 3: arrays[name] = np.concatenate([np.atleast_1d(arrays[name])]*2)
    else: arrays[name] = arrays[name].astype(r.choice(['i1', 'u2', '?', 'i4', 'f2']))
    from safetensors.numpy import save
    raw = save(arrays, {'rotae': json.dumps({**header, 'sha256': '0'*64})})
    return raw.replace(b'0'*64, hashlib.sha256(raw).hexdigest().encode(), 1)
def future(raw, r):
    outer, header, data = parts(raw)
    return signed(outer, {**header, 'format': r.choice([2, 3, 99, 10**30, '2', None, [], 1.5, -1])}, data)

class Bomb:
    def __reduce__(self): return exec, ("open('ran', 'w').close()",)
def a_pickle(raw, r): return pickle.dumps(Bomb(), protocol=r.randrange(6)) + r.randbytes(r.randrange(20))
def a_torch_pickle(raw, r):
    import io
    buffer = io.BytesIO()
    torch.save({'weight': Bomb()}, buffer, _use_new_zipfile_serialization=r.random() < .5)
    return buffer.getvalue()
ON_PURPOSE = [odd_header]*4 + [odd_layout, odd_layout, odd_metadata, odd_numbers, other_array, other_array, future, a_pickle, a_torch_pickle]


def read_damaged(files, n, seed, path, damages):
    "Reads n damaged files of all kinds. How many were refused, and those that were neither refused in the right way nor of use."
    r, refused, wrong = random.Random(seed), 0, []
    for _ in range(n):
        name, damage = r.choice(sorted(files)), r.choice(damages)
        raw, read, use = files[name]
        while (bad := damage(raw, r)) == raw: pass
        path.write_bytes(bad)
        try: found = read(path)
        except ValueError as e:
            refused += 1
            if str(path) not in str(e) or len(str(e)) > 1000: wrong.append((name, damage.__name__, f'says {e!r:.300}'))
        except FloatingPointError as e:   # a training that diverges from what the checkpoint says
            if not name.startswith('checkpoint'): wrong.append((name, damage.__name__, repr(e)))
        except Exception as e: wrong.append((name, damage.__name__, f'{e!r:.300}'))
        else:
            try: assert np.isfinite(use(found)).all(), 'gives what is not finite'
            except ValueError: pass      # said in a sentence
            except Exception as e: wrong.append((name, damage.__name__, f'was read, and {e!r:.300}'))
    return refused, wrong

MANY = pytest.mark.parametrize('n', [500, pytest.param(10_000, marks=pytest.mark.slow)])

@MANY
def test_every_accident_is_found(files, tmp_path, n):
    refused, wrong = read_damaged(files, n, 1, tmp_path/'damaged.safetensors', ACCIDENTS)
    assert not wrong and refused == n

@MANY
def test_malice_is_refused_or_harmless(files, tmp_path, n, monkeypatch):
    "Anyone can write a digest that fits. Most such files are refused; what the others hold is a model, with finite numbers, and no code."
    monkeypatch.chdir(tmp_path)
    refused, wrong = read_damaged(files, n, 2, tmp_path/'damaged.safetensors', ON_PURPOSE)
    assert not wrong and refused > 0.9*n
    assert [o.name for o in tmp_path.iterdir()] == ['damaged.safetensors'], 'something has run'

def test_a_bomb_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Bomb()))
    assert (tmp_path/'ran').exists()

def greedy():
    "Files that ask for more memory or time than they are worth."
    def whole(text): return struct.pack('<Q', len(text)) + text
    def told(header, outer=None): return signed({'__metadata__': {}, **(outer or {})}, {'format': 1, 'sha256': '', **header}, b'')
    radius = RADII.tolist()
    yield from (struct.pack('<Q', n) + b'{' for n in (1 << 28, 1 << 40, (1 << 64) - 1))
    yield whole(b'['*4_000_000)
    yield whole(b'{"__metadata__": {"rotae": "' + b'['*4_000_000 + b'"}}')
    yield whole(b'[' + b'[],'*300_000 + b'[]]')
    yield told({}, {'w': dict(dtype='F64', shape=[1 << 30, 1 << 30], data_offsets=[0, 1 << 63])})
    yield told({}, {'w': dict(dtype='F32', shape=[1 << 28], data_offsets=[0, 1 << 30])})
    for hidden in ([10**9], [10**6, 10**6], [10**18], [10**30], [1]*300_000, [8]*100_000): yield told({'class': 'AutoEncoder', 'config': dict(radius=radius, hidden=hidden)})
    yield told({'class': 'AutoEncoder', 'config': dict(radius=list(range(200_000)), n_code=100_000, hidden=[100_000])})
    yield told({'class': 'AutoEncoder', 'config': dict(radius=[radius]*5000)})

@pytest.mark.parametrize('i', range(len([*greedy()])))
def test_greed_is_refused_in_bounded_memory_and_time(tmp_path, i):
    path = tmp_path/'greedy.safetensors'
    path.write_bytes([*greedy()][i])
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match='greedy.safetensors'): AutoEncoder.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally: tracemalloc.stop()
    assert peak < 3e8, f'{peak/1e6:.0f} MB'

# Whole whatever happens

TORTURE = """
import os, random, signal, sys, time
import numpy as np
from pathlib import Path
from rotae.files import read_model, write_model
signal.signal(signal.SIGINT, signal.default_int_handler)   # a shell's background jobs begin with Ctrl-C ignored
path, n, r = Path(sys.argv[1]), int(sys.argv[2]), random.Random(1)
contents = [({'w': np.full(size, float(size))}, {'size': size}) for size in (3, 300_000)]
start = time.perf_counter()
for o in (*contents, contents[0]): write_model(path, *o)
took = time.perf_counter() - start   # a disk may be slow
for i in range(n):
    parent, pid = os.getpid(), os.fork()
    if not pid:
        try:
            while os.getppid() == parent:
                for o in contents: write_model(path, *o)
        except KeyboardInterrupt: os._exit(130)
        finally: os._exit(1)
    time.sleep(r.random()*took)
    while True:   # more than once: Python drops a Ctrl-C that falls into a finaliser
        os.kill(pid, signal.SIGINT if i % 3 == 2 else signal.SIGKILL)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended: break
        time.sleep(0.01)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 130, 'it failed before it was stopped'
    arrays, header = read_model(path)
    assert arrays['w'].shape == (header['size'],) and (arrays['w'] == header['size']).all()
    print(header['size'])
"""

def child(code, *args, **kw): return subprocess.run([sys.executable, '-W', 'error', '-c', code, *map(str, args)], capture_output=True, text=True, timeout=300, env={**os.environ, 'OMP_NUM_THREADS': '1'}, **kw)

@pytest.mark.parametrize('n', [15, pytest.param(150, marks=pytest.mark.slow)])
def test_killed_or_interrupted_at_random_moments(tmp_path, n):
    done = child(TORTURE, tmp_path/'m.safetensors', n)
    assert not done.returncode, done.stderr
    assert len(done.stdout.split()) == n and (n < 100 or set(done.stdout.split()) == {'3', '300000'})   # old and new were both met

FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from rotae.all import *
from rotae.demo import write_curves
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
folder, small = Path(sys.argv[1]), AutoEncoder(rng=0)
curves = sample_galaxies(200, rng=0).rotation_curve()
codes = curves[:, :4]
columns = {f'c{i}': (np.random.default_rng(i).random(200), '', '') for i in range(50)}
curve = mock_curve(0, 500)[0]
def train(path): fit(AutoEncoder(rng=0), curves, epochs=2, checkpoint=path, progress=False)
writers = {'m': small.save, 's': CodeSampler('independent').fit(codes).save, 'r': lambda p: save_reader(fit_parameters(small.set_scaling(curves), n=100, steps=0), p), 'c': train,
           'w': lambda p: write_curves(p, curves), 'a_rotmod.dat': lambda p: write_rotmod(p, curve), **{f'c{o}': (lambda p: write_catalogue(p, columns, {})) for o in FORMATS}}
for name, write in writers.items():
    try: write(folder/name)
    except OSError as e: print(name, 'refused', type(e).__name__)
    else: print(name, 'written')
"""

def test_a_full_disk_leaves_what_was_there(tmp_path):
    "A limit on the size of files stands for the disk: with 1 GB all is written, with 4 kB nothing is, and the old files stay, without rubbish beside them."
    assert not (done := child(FULL, tmp_path, 1 << 30)).returncode, done.stderr
    assert 'refused' not in done.stdout
    before = {o.name: o.read_bytes() for o in tmp_path.iterdir()}
    (tmp_path/'c').unlink()   # or the training would be over before it began
    assert not (done := child(FULL, tmp_path, 4096)).returncode, done.stderr
    assert 'written' not in done.stdout and len(done.stdout.splitlines()) == len(before) == 9
    assert {o.name: o.read_bytes() for o in tmp_path.iterdir()} == {k: v for k, v in before.items() if k != 'c'}

def test_nothing_is_written_but_through_atomic_write():
    "In the package's own code, what opens a file for writing stands in or below a block of atomic_write, or in the demo's folder, which is moved as a whole."
    import re
    package, found = Path(sys.modules['rotae.files'].__file__).parent, []
    for f in package.glob('[!_]*.py'):
        for line in f.read_text().splitlines():
            if re.search(r"write_text|write_bytes|savefig|savetxt|write_table|\.write\(path|open\([^)]*'[wax]", line) and not re.search(r'temporary|def _write_|with atomic_write', line): found.append(f'{f.name}: {line.strip()}')
    assert sorted(o.split(':')[0] for o in found) == ['demo.py', 'mocks.py', 'mocks.py', 'mocks.py'], found   # the demo's pictures, and the three formats that write_catalogue calls
