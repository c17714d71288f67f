"Catalogues larger than memory: whatever interrupts the writing, files on disk are whole, old or new, and the rest can be made."
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('pyarrow')
env = {**os.environ, 'OMP_NUM_THREADS': '1'}
command = str(Path(sys.executable).parent/'rotae-simulate')
KILLS = '''
import os, random, shutil, signal, sys, time
from pathlib import Path
import rotae.stream as stream
n, long, times = 100_000, 190_000, int(sys.argv[1])   # the second file is short at first, and grows

def make(folder, n): stream.simulate_catalogue(folder, n, rng=3, per_file=stream.ROWS, progress=False)
def child(folder, n):
    "The id of a process that makes a catalogue; it is forked before pyarrow has threads."
    if pid := os.fork(): return pid
    try: make(folder, n)
    except BaseException: os._exit(1)
    os._exit(0)
def whole(folder, n):
    start = time.perf_counter()
    assert os.waitpid(child(folder, n), 0)[1] == 0
    return {o.name: o.read_bytes() for o in Path(folder).glob('part-*')}, time.perf_counter() - start

(old, _), (new, took), rng, during = whole('old', n), whole('new', long), random.Random(0), 0
assert len(old) == 2 and len(new) == 3 and old['part-000001.parquet'] != new['part-000001.parquet']
for _ in range(times):
    folder = Path('catalogue')
    if not folder.exists(): shutil.copytree('old', folder)
    pid = child(folder, long)
    time.sleep(rng.uniform(0, 0.7*took))
    os.kill(pid, signal.SIGKILL)
    during += os.waitpid(pid, 0)[1] != 0
    found = {o.name: o.read_bytes() for o in folder.glob('part-*')}
    for name, data in found.items(): assert data in (old.get(name), new[name]), name
    if found == new: shutil.rmtree(folder)
assert during > times/4, f'only {during} were killed at work'
assert whole('catalogue', long)[0] == new and not [o for o in Path('catalogue').iterdir() if o.name not in new]
'''

@pytest.mark.parametrize('times', [6, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_at_any_moment_files_are_old_or_new(tmp_path, times):
    done = subprocess.run([sys.executable, '-c', KILLS, str(times)], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

def test_disk_full_leaves_what_was_there_and_says_so(tmp_path):
    subprocess.run([command, '--n', '10', '--out', 'c'], cwd=tmp_path, env=env, check=True, capture_output=True)
    before = (tmp_path/'c/part-000000.parquet').read_bytes()
    full = subprocess.run(['bash', '-c', f'ulimit -f 20000; exec {command} --n 200000 --out c'], cwd=tmp_path, env=env, capture_output=True, text=True)
    *_, last = full.stderr.splitlines()
    assert full.returncode == 2 and last.startswith('rotae-simulate: ') and 'File too large' in last and 'Traceback' not in full.stderr
    assert {o.name: o.read_bytes() for o in (tmp_path/'c').iterdir()} == {'part-000000.parquet': before}

def test_ctrl_c_says_how_to_go_on(tmp_path):
    victim = subprocess.Popen([command, '--n', '50_000_000', '--out', 'c'], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))   # a shell's background jobs begin with Ctrl-C ignored
    while not [*tmp_path.glob('c/.part*')] and victim.poll() is None: pass
    victim.send_signal(signal.SIGINT)
    said = victim.communicate()[1]
    assert victim.returncode == 130 and 'the same command goes on from there' in said.splitlines()[-1] and 'Traceback' not in said
    assert not [*tmp_path.glob('c/.part*')]

def test_memory_is_bounded(tmp_path):
    "The peak in MB of a process that makes a file of a million galaxies, 243 MB on disk, and begins the next."
    code = "import resource; from rotae.stream import simulate_catalogue; simulate_catalogue('c', 1_100_000, progress=False); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024)"
    done = subprocess.run([sys.executable, '-c', code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1500

def test_command_line(tmp_path):
    run = lambda *a: subprocess.run([command, *a], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert '1000 galaxies made' in run('--n', '1_000', '--out', 'c').stdout and '0 galaxies made' in run('--n', '1_000', '--out', 'c').stdout
    other = run('--n', '1000', '--out', 'c', '--seed', '1')
    assert (other.returncode, other.stderr.count('\n')) == (2, 1) and 'is of another catalogue' in other.stderr
