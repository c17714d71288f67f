"The workflow files say what they mean: they parse, and what they run is there."
import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

root = Path(__file__).parent.parent
flows = {f.stem: yaml.safe_load(f.read_text()) for f in sorted((root/'.github/workflows').glob('*'))}
targets = set(re.findall(r'^([a-z-]+):', (root/'Makefile').read_text(), re.M))
ini = ConfigParser()
ini.read(root/'settings.ini', encoding='utf-8')

def steps(flow): return [o for job in flow['jobs'].values() for o in job['steps']]

def faults(flow):
    "What is wrong with a workflow. YAML reads its key `on` as true."
    wrong = [f'{o} is missing' for o in ('name', True, 'permissions', 'jobs') if o not in flow]
    for o in steps(flow):
        if ('uses' in o) == ('run' in o): wrong.append(f'neither one action nor one command: {o}')
        if 'uses' in o and not re.fullmatch(r'[\w-]+/[\w/-]+@v\d+', o['uses']): wrong.append(f'no version: {o["uses"]}')
        if 'run' not in o: continue
        script = re.sub(r'\$\{\{.*?\}\}', 'x', o['run'])
        if subprocess.run(['bash', '-n', '-c', script], capture_output=True).returncode: wrong.append(f'not a shell script: {o["run"]}')
        wrong += [f'make has no {t}' for t in re.findall(r'^make ([a-z-]+)', script, re.M) if t not in targets]
        wrong += [f'there is no {f}' for f in re.findall(r'-c (\S+\.txt)', script) if not (root/f).is_file()]
    return wrong

def test_there_are_three(): assert set(flows) == {'test', 'weekly', 'docs'}

@pytest.mark.parametrize('name', flows)
def test_workflow(name):
    assert not (wrong := faults(flows[name])), wrong
    assert len((root/f'.github/workflows/{name}.yml').read_text().splitlines()) < 50

@pytest.mark.parametrize('old,new', [('make test', 'make tset'), ('checkout@v4', 'checkout'), ('; fi', ''), ('- run: make', '- name: make'), ('constraints.txt\'', 'constraint.txt\''), ('permissions:', 'permission:')])
def test_a_spoilt_workflow_is_noticed(old, new):
    text = (root/'.github/workflows/test.yml').read_text()
    assert old in text and faults(yaml.safe_load(text.replace(old, new)))

def test_every_python_from_the_oldest_on():
    versions = flows['test']['jobs']['test']['strategy']['matrix']['python']
    assert versions == ['3.10', '3.11', '3.12', '3.13'] and versions[0] == ini['DEFAULT']['min_python']

def test_when_they_run():
    minute, hour, _, _, weekday = flows['weekly'][True]['schedule'][0]['cron'].split()
    assert 0 <= int(minute) < 60 and 0 <= int(hour) < 24 and 0 <= int(weekday) < 7
    assert 'constraints' not in str(steps(flows['weekly'])) and 'constraints' in str(steps(flows['docs']))
    assert set(flows['docs']['permissions'].items()) == {('contents', 'read'), ('pages', 'write'), ('id-token', 'write')}

def lowest():
    "name -> the lowest version that settings.ini allows; torch is tested in one version only."
    bounds = [o.split('>=') for k, v in ini['DEFAULT'].items() if k.endswith('requirements') for o in v.split() if '>=' in o]
    return {k: v for k, v in bounds if k != 'torch'}

def test_the_lowest_versions_are_those_of_the_settings():
    pins = dict(o.split('==') for o in (root/'constraints-lowest.txt').read_text().split())
    beyond = set(pins) - set(lowest())
    assert beyond == {'pyparsing'}, 'a later one warns of what the lowest matplotlib does'
    for k, v in lowest().items(): assert re.fullmatch(re.escape(v) + r'(\.0)*', pins[k]), f'{k}: {pins[k]} in constraints-lowest.txt, and {v} in settings.ini'
