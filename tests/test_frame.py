"What chapters share: a link to download them, a first cell that installs on Colab and nothing elsewhere, and pictures that can be read."
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest
import yaml
from IPython.core.inputtransformer2 import TransformerManager

root = Path(__file__).parent.parent
sys.path.insert(0, str(root/'tools'))
import frame  # noqa: E402

pages = frame.pages()
code = lambda page: [c for c in json.loads(page.read_text(encoding='utf-8'))['cells'] if c['cell_type'] == 'code']

@pytest.mark.parametrize('page', pages, ids=lambda o: o.name)
def test_every_page_has_link_and_first_cell(page):
    now = json.loads(page.read_text(encoding='utf-8'))
    assert frame.framed(json.loads(json.dumps(now)), page.name) == now, 'run make export'
    assert ''.join(code(page)[0]['source']) == frame.install()

def test_frame_is_mended():
    cells = lambda text, *more: {'cells': [dict(cell_type='markdown', id='a', source='# A'), dict(cell_type='markdown', id='b', source=text), *more, dict(cell_type='code', id='c', source='1')]}
    whole = frame.framed(cells('text'), 'a.ipynb')
    assert [o['id'] for o in whole['cells']] == ['a', 'b', 'oncolab0', 'c']
    assert frame.framed(json.loads(json.dumps(whole)), 'a.ipynb') == whole
    renamed = frame.framed(json.loads(json.dumps(whole)), 'b.ipynb')['cells'][1]['source']
    assert ''.join(renamed) == 'text\n\n' + frame.download('b.ipynb')

def install(source):
    "The commands that a first cell gives to IPython's magics."
    asked, shell = [], type('Shell', (), {})()
    shell.run_line_magic = lambda name, line: asked.append((name, line))
    exec(TransformerManager().transform_cell(source), {'get_ipython': lambda: shell})
    return asked

def test_first_cell_installs_on_colab_from_the_repository_and_nothing_elsewhere():
    source = ''.join(code(pages[0])[0]['source'])
    assert install(source) == []
    with patch.dict(sys.modules, {'google.colab': ModuleType('google.colab')}):
        assert install(source) == [('pip', f"install --quiet 'rotae[dev] @ git+{frame.repository()}'")]

def test_the_address_stands_in_one_place():
    "Elsewhere it is written by a command, or tested to be the same."
    copies = {'CITATION.cff', 'pyproject.toml', 'nbdev.yml'}
    for f in (o for p in ('*.*', 'Makefile', '.ci/*', '.github/*/*', 'tools/*', 'nbs/*.*', 'tests/*.py') for o in root.glob(p) if o.is_file()):
        text = f.read_text(encoding='utf-8', errors='replace').replace(frame.repository(), '', 1 if f.name in copies or f in pages else 0)
        assert frame.repository() not in text, f.name

def test_every_alt_text_is_yaml():
    "As the site's build reads it: a colon in a text without quotes stops the build."
    for page in [*pages, root/'nbs/index.ipynb']:
        for c in code(page):
            for line in c['source']:
                if line.startswith('#| fig-alt'): assert len(yaml.safe_load(line.removeprefix('#| '))['fig-alt']) > 40, line

def test_pictures_fit_a_phone_and_the_dark():
    "None is wider than 7 inches, of which `STYLE` says how many dots make one; and the site turns them by what the chapter on figures shows."
    from rotae.style import STYLE
    for page in [*pages, root/'nbs/index.ipynb']:
        for c in code(page):
            for o in c['outputs']:
                if 'image/png' in o.get('data', {}): assert int(re.search(r'size (\d+)x', ''.join(o['data']['text/plain']))[1]) == 7*STYLE['figure.dpi'], f'{page.name} {c["id"]}'
    share = re.search(r'invert\((.*?)\) hue-rotate\(180deg\)', (root/'nbs/site.scss').read_text())[1]
    assert f'def dark(rgb, share={share})' in (root/'nbs/00c_style.ipynb').read_text() and yaml.safe_load((root/'_quarto.yml').read_text())['format']['html']['theme']['dark'] == ['darkly', 'site.scss']
