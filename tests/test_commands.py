"Every command answers --help, says in one line what is wrong, and does not mind a closed pipe. New commands in settings.ini are tested too."
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest
from fastcore.docments import docments

root = Path(__file__).parent.parent
ini = ConfigParser()
ini.read(root/'settings.ini', encoding='utf-8')
places = dict(o.split('=') for o in ini['DEFAULT']['console_scripts'].split())
functions = {k: getattr(import_module(v.split(':')[0]), v.split(':')[1]) for k, v in places.items()}
every = pytest.mark.parametrize('name', functions)
UNITS = 'Msun kpc km/s dex % seconds GB MB'.split()
FILES = 'out model path file checkpoint data curve curves folder'.split()

@pytest.fixture
def shell(monkeypatch, capsys, tmp_path):
    "Runs a command in an empty folder: its status, stdout and stderr."
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('COLUMNS', '300')
    def run(name, *words):
        monkeypatch.setattr(sys, 'argv', [f'/bin/{name}', *map(str, words)])
        try: status = functions[name]() or 0
        except SystemExit as e: status = e.code or 0
        return status, *capsys.readouterr()
    return run

def is_one_line(done, name):
    status, out, err = done
    assert (status, err.count('\n')) == (2, 1) and err.startswith(f'{name}: '), done
    return err

@every
def test_help_has_every_option_with_its_default_and_unit(shell, name):
    status, out, err = shell(name, '--help')
    assert (status, err) == (0, '') and functions[name].__doc__ in out
    said = docments(functions[name], full=True)
    for k, p in signature(functions[name]).parameters.items():
        option = k if p.kind is p.VAR_POSITIONAL else '--' + k.replace('_', '-')
        assert any(o in out for o in (f'  {option}', f'  {k} ', f'  --{k}')) and said[k].docment, f'{k} is not explained'
        assert p.default in (None, p.empty, False, '') or f'(default: {p.default}' in ' '.join(out.split()), f'{k} has no default in the help'
        if float in (p.annotation, getattr(p.annotation, '__args__', (None,))[0]): assert any(o in said[k].docment for o in UNITS), f'{k} has no unit'

@every
def test_an_unknown_option_or_word(shell, name):
    for words in (('--no-such-option', 1), ('--no-such-option',)): assert 'no-such-option' in is_one_line(shell(name, *words), name)

@pytest.mark.parametrize('name,option', [(k, o) for k, f in functions.items() for o, p in signature(f).parameters.items() if p.annotation in (int, float)])
def test_a_value_of_the_wrong_type(shell, name, option):
    assert "'many'" in is_one_line(shell(name, '--' + option.replace('_', '-'), 'many'), name)

@pytest.mark.parametrize('name,option', [(k, o) for k, f in functions.items() for o in signature(f).parameters if o in FILES and (k, o) != ('rotae-retrain', 'checkpoint')])
def test_a_file_that_cannot_be(shell, name, option):
    if signature(functions[name]).parameters[option].kind in (1, 2): pytest.skip('not an option')
    is_one_line(shell(name, '--' + option, '/dev/null/x'), name)

def test_values_that_cannot_be(shell):
    for words in ('rotae-demo --n 0', 'rotae-demo --n 5', 'rotae-demo --epochs 0', 'rotae-demo --seed -1', 'rotae-generate --n 0', 'rotae-generate --method magic', 'rotae-generate --out mock.xls', 'rotae-generate --radius 8',
                  'rotae-generate --radius 8 --speed -1', 'rotae-generate --disc-mass 0', 'rotae-generate --seed -1', 'rotae-retrain --steps 0', 'rotae-retrain --seed -1', 'rotae-simulate --n 0', 'rotae-simulate --shard 3/2', 'rotae-simulate --spread 0', 'rotae-simulate --seed -1', 'rotae-explorer --model no-such-file',
                  'rotae-fit', 'rotae-fit no-such-file.csv', 'rotae-fit no-such-file.csv --method magic', 'rotae-fit no-such-file.csv --seed -1', 'rotae-fit --sparc no-such-folder'):
        is_one_line(shell(*words.split()), words.split()[0])

@every
def test_a_closed_pipe(name, tmp_path):
    "For real: whoever should read the help has gone before it is written."
    with subprocess.Popen([Path(sys.executable).parent/name, '--help'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path) as run:
        run.stdout.close()
        assert run.stderr.read() == b''
    assert run.returncode in (0, 141)   # 0 where Python does not buffer: its parser lets that error pass

def test_a_pipe_closed_before_the_answer(tmp_path):
    with subprocess.Popen([Path(sys.executable).parent/'rotae-simulate', '--n', '10', '--out', 'c'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as run:
        run.stdout.close()
        assert 'Traceback' not in run.stderr.read()
    assert run.returncode == 141

def test_a_fault_of_ours_keeps_its_traceback(shell, monkeypatch):
    from rotae import demo
    monkeypatch.setattr(demo, 'run_demo', lambda *args: 1/0)
    with pytest.raises(ZeroDivisionError): shell('rotae-demo')
