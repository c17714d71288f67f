"The explorer computes what Python computes, and works in a real browser without a network."
import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from rotae.data import RADII, sample_galaxies
from rotae.explore import explore, explorer_data, explorer_script
from rotae.model import ACTIVATIONS, AutoEncoder
from rotae.physics import disc_velocity, halo_velocity, rotation_curve

root = Path(__file__).parent.parent
source = root/'rotae/explorer'
block = re.search(r'```\{=html\}\n(.*?)```', ''.join(s for c in json.loads((root/'nbs/09_explore.ipynb').read_text())['cells'] for s in c['source']), re.S)[1]

def tool(*names):
    "The first of these programs that is installed; skips the test if none is."
    found = next(filter(None, map(shutil.which, names)), None)
    return found or pytest.skip(f'none of {", ".join(names)} is installed')

def browse(page, tmp_path, query=''):
    "What headless Chromium makes of an HTML file, cut from any network: the document when all is done, and its console."
    args = ['--headless=new', '--no-sandbox', '--disable-gpu', f'--user-data-dir={tmp_path/"profile"}', '--host-resolver-rules=MAP * ~NOTFOUND',
            '--enable-logging=stderr', '--window-size=1280,1200', '--virtual-time-budget=8000', '--dump-dom', page.as_uri() + query]
    done = subprocess.run([tool('chromium', 'chromium-browser', 'chrome', 'google-chrome'), *args], capture_output=True, text=True, timeout=180, check=True)
    return done.stdout, [o for o in done.stderr.splitlines() if ':CONSOLE' in o]

def in_browser(body, tmp_path, before='', mode='light', query=''):
    "Runs JavaScript that sets `result` in a page with `before` on it; gives the result and the console."
    policy = "default-src 'none'; script-src file: 'unsafe-inline'; style-src 'unsafe-inline'"   # the console tells of anything loaded from elsewhere
    page = tmp_path/'page.html'
    page.write_text(f"""<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}"></head>
<body class="quarto-{mode}">{before}<pre id="result"></pre><script>(async () => {{ let result; {body}
document.getElementById('result').textContent = JSON.stringify(result); }})()</script></body></html>""", encoding='utf-8')
    shutil.copy(root/'nbs/explorer.js', tmp_path)
    dom, console = browse(page, tmp_path, query)
    found = re.search(r'<pre id="result">(.*?)</pre>', dom, re.S)[1]
    assert found, console
    return json.loads(html.unescape(found)), console

def in_node(body, tmp_path):
    "Runs JavaScript that sets `result` in Node."
    (tmp_path/'run.js').write_text(f'let result; {body}\nconsole.log(JSON.stringify(result));', encoding='utf-8')
    return json.loads(subprocess.run([tool('node', 'nodejs'), tmp_path/'run.js'], capture_output=True, text=True, check=True).stdout)

@pytest.fixture(params=['node', 'browser'])
def run_js(request, tmp_path):
    "Runs a script after the explorer's `numbers` and `texts`, in Node or in the browser, and gives its `result`."
    library = '\n'.join((source/o).read_text(encoding='utf-8') for o in ('numbers.js', 'state.js'))
    def run(code, **constants):
        code = '\n'.join([library, *(f'const {k} = {json.dumps(v)};' for k, v in constants.items()), code])
        return in_node(code, tmp_path) if request.param == 'node' else in_browser(code, tmp_path)[0]
    return run

def off(found, true):
    found, true = np.array(found, dtype=float), np.asarray(true)
    assert found.shape == true.shape
    return np.abs(found/true - 1).max()

@pytest.fixture(scope='module')
def model(): return AutoEncoder.pretrained()

@pytest.fixture(scope='module')
def data(model): return explorer_data(model)

def settings(ranges, n=1000):
    "Random settings of sliders, all corners of their ranges included."
    low, high = np.array(ranges).T
    corners = np.stack(np.meshgrid(*zip(low, high)), axis=-1).reshape(-1, len(low))
    return np.concatenate([corners, np.random.default_rng(0).uniform(low, high, (n - len(corners), len(low)))])

def test_numbers_are_those_of_python(run_js, model, data):
    "1,000 settings of all sliders, and radii far beyond the chart."
    logs, codes, radii = settings(data['ranges']), settings(data['codeRanges']), np.geomspace(1e-4, 1e4, 60)
    real = model.encode(sample_galaxies(1000, rng=3).rotation_curve(model.radius))
    found = run_js("""const model = numbers.loadModel(data), galaxies = logs.map(numbers.power10);
result = {disc: galaxies.map(g => radii.map(r => numbers.discVelocity(r, g[0], g[1]))), halo: galaxies.map(g => radii.map(r => numbers.haloVelocity(r, g[2], g[3]))),
  total: galaxies.map(g => numbers.rotationCurve(model.radius, g)), decoded: codes.map(z => numbers.decode(model, z)), real: real.map(z => numbers.decode(model, z)),
  centre: [numbers.discVelocity(0, 1e10, 3), numbers.haloVelocity(0, 1e12, 8)]};""", data=data, logs=logs.tolist(), codes=codes.tolist(), real=real.tolist(), radii=radii.tolist())
    disc, length, halo, concentration = 10**logs.T
    assert off(found['disc'], disc_velocity(radii, disc, length)) < 1e-9
    assert off(found['halo'], halo_velocity(radii, halo, concentration)) < 1e-12
    assert off(found['total'], rotation_curve(model.radius, disc, length, halo, concentration)) < 1e-9
    assert off(found['decoded'], AutoEncoder.pretrained().double().decode(codes)) < 1e-9   # far from any galaxy, float32 itself is off by up to 1e-3
    assert off(found['real'], model.decode(real)) < 1e-5
    assert found['centre'] == [0, 0]

@pytest.mark.parametrize('kind', [dict(activation=o, residual=True, hidden=(16, 16)) for o in ACTIVATIONS] + [{}, dict(log_speed=True), dict(mass_symmetry=True), dict(linear_path=True, n_code=3)], ids=str)
def test_any_network_is_decoded_and_encoded(kind, tmp_path):
    curves = sample_galaxies(200, rng=3).rotation_curve()
    model = AutoEncoder(rng=1, **kind).set_scaling(curves)
    codes = 3*np.random.default_rng(0).standard_normal((50, model.config['n_code']))
    library = (source/'numbers.js').read_text(encoding='utf-8')
    found = in_node(f"""{library}; const model = numbers.loadModel({json.dumps(explorer_data(model))});
result = {{decoded: {json.dumps(codes.tolist())}.map(z => numbers.decode(model, z)), code: {json.dumps(curves.tolist())}.map(v => numbers.encode(model, v))}};""", tmp_path)
    assert np.abs(np.array(found['decoded']) - model.double().decode(codes)).max() < 1e-8*np.abs(model.decode(codes)).max()
    assert np.abs(np.array(found['code']) - model.encode(curves)).max() < 1e-8

def test_code_and_fits(run_js, model, data):
    "The page's own encoder agrees, a decoded galaxy is found to be one, and what is none is not."
    galaxies = sample_galaxies(40, rng=11)
    inside = np.all((galaxies.log10() > np.array(data['ranges'])[:, 0]) & (galaxies.log10() < np.array(data['ranges'])[:, 1]), axis=1)
    galaxies = galaxies[inside]
    curves = galaxies.rotation_curve()
    found = run_js("""const model = numbers.loadModel(data), starts = [data.start];
const start = numbers.encode(model, numbers.rotationCurve(model.radius, numbers.power10(data.start)));
const near = code => numbers.nearestGalaxy(model.radius, numbers.decode(model, code), starts, data.ranges).miss;
const points = curves[0].map((v, i) => [model.radius[i], v, 1]);
result = {codes: curves.map(v => numbers.encode(model, v)), near: curves.map(v => numbers.nearestGalaxy(model.radius, v, starts, data.ranges).miss),
  steps: [-.1, .1].flatMap(s => [1, 2, 3].map(i => near(start.map((z, j) => z + s*(i === j))))),
  ends: [0, 1].flatMap(k => [1, 2, 3].map(i => near(start.map((z, j) => i === j ? data.codeRanges[i][k] : z)))),
  wave: numbers.nearestGalaxy(model.radius, model.radius.map((r, i) => 100 + 20*(i%2)), starts, data.ranges).miss,
  negative: numbers.nearestGalaxy(model.radius, model.radius.map(r => -1), starts, data.ranges).galaxy,
  fit: numbers.fitPoints(points, starts, data.ranges), agreement: numbers.agreement([100, 110], [[1, 103, 1], [2, 106, 2]])};""", data=data, curves=curves.tolist())
    assert np.abs(np.array(found['codes']) - model.encode(curves)).max() < 1e-4
    assert np.median(found['near']) < 1e-6 and max(found['near']) < .01
    assert max(found['steps']) < .01 and sum(o > .01 for o in found['ends']) > 3   # as the chapter says: a small step is a galaxy, most ends are none
    assert found['wave'] > .05 and found['negative'] is None
    assert np.abs(rotation_curve(RADII, *10**np.array(found['fit'])) - curves[0]).max() < .01
    assert found['agreement'] == {'rms': np.sqrt((9 + 16)/2), 'chi2': 9 + 4}

def test_measured_curves_are_read(run_js):
    text = '# a comment\nradius, speed, error\n\n1, 50, 4\n 2\t60.5\t3 7 8 9\r\n! more\n3;70;2\n0.5 1e1 .5\nx 1 2\n4 80\n-1 5 5\n5 90 0\n6 -9 1\n7 NaN 1\nradius speed error\n8 1 1'
    found = run_js('result = {found: texts.readCurve(text), empty: texts.readCurve(""), many: texts.readCurve("1 2 3\\n".repeat(1002))};', text=text)
    assert found['found']['points'] == [[.5, 10, .5], [1, 50, 4], [2, 60.5, 3], [3, 70, 2], [8, 1, 1]]
    assert [o['line'] for o in found['found']['faults']] == [9, 10, 11, 12, 13, 14, 15]
    assert [o['why'] for o in found['found']['faults']][:2] == ['“x” is not a number', 'three numbers are needed, found 2']
    assert found['empty'] == {'points': [], 'faults': []}
    assert len(found['many']['points']) == 1000 and [o['line'] for o in found['many']['faults']] == [1001, 1002]

def test_a_link_keeps_the_state(run_js):
    states = [dict(galaxy=[10.5, -.25, 12, .9], code=[0, 1, -2.125, .5], follows=follows, points=points) for follows in (True, False) for points in ([], [[1, 50, 4], [2.5, 61.25, 3]])]
    found = run_js("""result = {hashes: states.map(texts.hashOf), back: states.map(s => texts.stateOf(texts.hashOf(s), 4)),
  foreign: ['', '#summary', '#galaxy', '#galaxy_1_2', '#galaxy_1_2_3_x', '#code_1_2_3_4'].map(h => texts.stateOf(h, 4))};""", states=states)
    assert found['hashes'][3] == '#galaxy_10500_-250_12000_900_code_0_1000_-2125_500_points_1000_50000_4000_2500_61250_3000'
    for s, b in zip(states, found['back']):
        assert (b['galaxy'], b['follows'], b['code']) == (s['galaxy'], s['follows'], None if s['follows'] else s['code'])
        assert b['text'] == '\n'.join(' '.join(f'{o:g}' for o in p) for p in s['points'])
    assert found['foreign'] == [None]*6
    assert all(re.fullmatch(r'#[a-z][a-z0-9_-]*', o) for o in found['hashes'])

def test_script_of_the_site_is_that_of_the_package():
    assert (root/'nbs/explorer.js').read_text(encoding='utf-8') == explorer_script(AutoEncoder.pretrained()), 'run make explorer'
    assert (root/'nbs/explorer.js').stat().st_size < 500_000
    assert '- explorer.js\n' in (root/'_quarto.yml').read_text()

def test_the_check_of_the_console_can_fail(tmp_path):
    result, console = in_browser("await fetch('https://example.org').catch(() => 0); console.error('seen'); result = 1;", tmp_path)
    assert result == 1 and len(console) >= 2

MOVE = """const one = s => document.querySelector(s), wait = ms => new Promise(f => setTimeout(f, ms));
const lines = () => Object.fromEntries(['disc', 'halo', 'total'].map(k => [k, one(`.chart .${k}`).getAttribute('d')]));
const rings = () => [...document.querySelectorAll('.chart .ring')].map(o => o.getAttribute('cy')).join();
const see = () => ({...lines(), rings: rings(), points: document.querySelectorAll('.chart circle.point').length, note: one('.note').textContent, hash: location.hash,
  agreement: one('.agreement').textContent, faults: one('.faults').textContent, follows: one('#rx-follows').checked, tooWide: one('#rotae-explorer').scrollWidth - one('#rotae-explorer').clientWidth});
const move = async (s, value) => { one(s).value = value; one(s).dispatchEvent(new Event('input', {bubbles: true})); await wait(400); return see(); };
const press = async s => { one(s).click(); await wait(400); return see(); };
const drop = async (s, text) => { const event = new Event('drop', {bubbles: true, cancelable: true});
  event.dataTransfer = {files: [{text: async () => text}]}; one(s).dispatchEvent(event); await wait(400); return see(); };
"""

@pytest.mark.parametrize('mode,width', [('light', 900), ('dark', 358)])
def test_in_a_browser_without_a_network(tmp_path, mode, width):
    "As on a desktop in light mode, and on a phone in dark mode."
    found, console = in_browser(MOVE + """await wait(300); result = {start: see()};
result.labels = [...document.querySelectorAll('input[type=range]')].map(o => [o.labels[0].textContent, o.getAttribute('aria-valuetext')]);
result.aria = one('.chart').getAttribute('aria-label');
result.colour = getComputedStyle(one('.chart .disc')).stroke;
result.disc = await move('#rx-galaxy-0', 11.5);
result.code = await move('#rx-code-2', 1.5);
result.back = await press('#rx-follows');
result.bad = await move('#rx-text', '1 50 4\\n2 sixty 3\\n3 70 2');
result.example = await press('#rx-example');
result.fit = await press('#rx-fit');
result.dropped = await drop('.chart', '1 50 4, and more\\n2 60 3\\n3 70 2\\n4 80 2');""", tmp_path, before=f'<div style="width: {width}px">{block}</div>', mode=mode)
    assert console == []
    start, disc, code, back, bad, example, fit, dropped = (found[k] for k in ('start', 'disc', 'code', 'back', 'bad', 'example', 'fit', 'dropped'))
    assert len(found['labels']) == 8 and all(a and b for a, b in found['labels']) and 'Msun' in found['labels'][0][1]
    assert 'km/s' in found['aria'] and found['colour'] == dict(light='rgb(192, 74, 0)', dark='rgb(255, 157, 92)')[mode]
    assert disc['disc'] != start['disc'] and disc['total'] != start['total'] and disc['rings'] != start['rings'] and disc['follows']
    assert not code['follows'] and code['rings'] != disc['rings'] and 'nearest galaxy' in code['note'] and '_code_' in code['hash']
    assert back['follows'] and back['rings'] == disc['rings'] and '_code_' not in back['hash']
    assert bad['points'] == 2 and bad['faults'] == 'Line 2: “sixty” is not a number.' and bad['agreement'].endswith('(2 points). A fit needs 4.')
    assert dropped['points'] == 4 and dropped['agreement'].endswith('(4 points).')
    assert example['points'] == 20 and example['faults'] == '' and 'reduced χ²' in fit['agreement']
    chi2 = [float(re.search(r'χ² ([\d.e+]+)', o['agreement'])[1]) for o in (example, fit)]
    assert chi2[1] < 3 < chi2[0]
    assert max(o['tooWide'] for o in (start, code, bad, fit, dropped)) == 0

def test_a_link_opens_what_it_kept(tmp_path):
    found, console = in_browser(MOVE + 'await wait(400); result = see();', tmp_path, before=block,
                                query='#galaxy_9500_200_11200_1000_code_500_0_0_0_points_1000_20000_5000_5000_60000_4000')
    assert console == [] and not found['follows'] and found['points'] == 2

def test_the_page_stands_alone(tmp_path):
    page = tmp_path/'alone.html'
    page.write_text(explore(), encoding='utf-8')
    dom, console = browse(page, tmp_path)
    assert console == [] and dom.count('class="ring"') > 50 and 'is off by' in dom

def test_the_page_works_in_the_frame_of_a_notebook(tmp_path):
    page = tmp_path/'frame.html'
    page.write_text(f"""<!doctype html><meta charset="utf-8">{explore()._repr_html_()}<pre id="result"></pre>
<script>onload = () => setTimeout(() => {{ const inner = document.querySelector('iframe').contentDocument;
inner.querySelector('#rx-galaxy-0').dispatchEvent(new Event('input'));
setTimeout(() => document.getElementById('result').textContent = inner.querySelectorAll('.ring').length, 500); }}, 500)</script>""", encoding='utf-8')
    dom, console = browse(page, tmp_path)
    assert console == [] and int(re.search(r'<pre id="result">(\d+)', dom)[1]) > 50
