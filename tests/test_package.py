"What is in the package is what is in the notebooks, the README is true, and the built wheel works on its own."
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

root = Path(__file__).parent.parent
env = {**os.environ, 'MPLBACKEND': 'Agg', 'PATH': os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])}

def run(*args, **kw): return subprocess.run([str(o) for o in args], env=env, capture_output=True, text=True, check=kw.pop('check', True), **kw)

@pytest.fixture
def copy(tmp_path):
    "A copy of what nbdev needs."
    for o in ('nbs', 'rotae'): shutil.copytree(root/o, tmp_path/o, symlinks=True, ignore=shutil.ignore_patterns('__pycache__', '.*'))
    for o in ('pyproject.toml', 'settings.ini', 'setup.py', 'MANIFEST.in', '_quarto.yml', 'README.md', 'CHANGELOG.md'): shutil.copy(root/o, tmp_path)
    return tmp_path

def test_package_matches_notebooks(copy):
    for f in (copy/'rotae').glob('[!_]*.py'): f.unlink()
    run('nbdev-export', cwd=copy)
    files = {f.name for d in (root, copy) for f in (d/'rotae').glob('*.py')}
    for f in sorted(files): assert (copy/'rotae'/f).read_text() == (root/'rotae'/f).read_text(), f'run nbdev-export: {f} is behind its notebook'

def test_quarto_file_is_the_root_one(): assert (root/'nbs/_quarto.yml').resolve() == root/'_quarto.yml'

def test_every_notebook_is_in_the_sidebar():
    sidebar = (root/'_quarto.yml').read_text()
    for f in (root/'nbs').glob('[0-9i]*.ipynb'): assert f'- {f.name}\n' in sidebar

def test_docs_sources_are_built(copy):
    run('nbdev-proc-nbs', cwd=copy)
    assert {f.name for f in (root/'nbs').glob('[0-9i]*.ipynb')} == {f.name for f in (copy/'_proc').glob('[0-9i]*.ipynb')}
    for o in ('explorer.js', 'references.bib', 'reference.qmd', 'CHANGELOG.md'): assert (copy/'_proc'/o).is_file(), o

def test_readme_is_the_index(tmp_path):
    run('make', '-s', '-C', root, 'readme', f'OUT={tmp_path}')
    assert (tmp_path/'README.md').read_text() == (root/'README.md').read_text(), 'run make readme'

def test_readme_links_and_pictures_are_there():
    for o in re.findall(r'\]\(([^)#]+)\)', (root/'README.md').read_text()):
        assert o.startswith('https://') or (root/o).is_file(), o

def test_readme_code_runs(tmp_path):
    picture, ten_lines, *more = re.findall(r'^```python\n(.*?)^```', (root/'README.md').read_text(), re.M | re.S)
    good = "\nassert decoded.shape == (200, 50) and reconstruction_error(model, curves[800:])['rmse'] < 10\n"
    assert len(ten_lines.strip().splitlines()) == 11   # ten and an empty one
    run(sys.executable, '-W', 'error', '-c', '\n'.join([picture, ten_lines, good, *more]), cwd=tmp_path)
    assert (tmp_path/'decoded.png').stat().st_size > 10_000

def test_demo_command(tmp_path):
    out = run('rotae-demo', '--n', '100', '--epochs', '20', '--out', tmp_path/'demo').stdout
    assert 'validation loss' in out and 'km/s' in out and (tmp_path/'demo/model.safetensors').is_file()
    bad = run('rotae-demo', '--n', '0', '--out', tmp_path/'demo', check=False)
    assert (bad.returncode, bad.stderr.count('\n')) == (2, 1)

def test_wheel(tmp_path, copy):
    run(sys.executable, '-m', 'build', '--wheel', '--no-isolation', '-o', tmp_path, copy)
    wheel, = tmp_path.glob('*.whl')
    run(sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', tmp_path/'site', wheel)
    code = f"import sys; sys.path.insert(0, {str(tmp_path/'site')!r}); from rotae.all import *; import rotae; assert rotae.__file__.startswith({str(tmp_path/'site')!r}), rotae.__file__; assert sample_galaxies(2, rng=0).rotation_curve().shape == (2, 50)"
    run(sys.executable, '-c', code, cwd=tmp_path)
    whole = lambda folder: {str(f.relative_to(folder)) for f in folder.rglob('*') if f.is_file() and '__pycache__' not in f.parts}
    assert whole(tmp_path/'site/rotae') == whole(root/'rotae'), 'the wheel lacks a module or package data'

def public():
    "Every function and class that `from rotae.all import *` brings."
    import rotae.all
    return [(k, o) for k in rotae.all.__all__ if callable(o := getattr(rotae.all, k)) and getattr(o, '__module__', '').startswith('rotae')]

@pytest.mark.parametrize('name,o', public(), ids=lambda o: o if isinstance(o, str) else '')
def test_every_public_name_is_documented(name, o):
    from fastcore.docments import docments
    assert o.__doc__ and not o.__doc__.startswith(f'{name}('), f'{name} has no docstring'
    for k, v in docments(o, full=True).items():
        if k not in ('return', 'self') and not v.kind.name.startswith('VAR_'): assert v.docment, f'{name}: the parameter {k} is not documented'
