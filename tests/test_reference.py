"The site's page of all public names is that of this package."
import re
import sys
from pathlib import Path

import pytest

import rotae.all

root = Path(__file__).parent.parent
page = (root/'nbs/reference.qmd').read_text()

@pytest.fixture
def reference(monkeypatch):
    monkeypatch.syspath_prepend(root/'tools')
    yield __import__('reference')
    sys.modules.pop('reference', None)

def test_reference_is_not_stale(reference): assert reference.page() == page, 'run make reference'

def test_every_public_name_is_there_once():
    heads = re.findall(r'^### (\S+) \{#\S+\}$', page, re.M)
    names = [k for k in rotae.all.__all__ if callable(o := getattr(rotae.all, k)) and getattr(o, '__module__', '').startswith('rotae.') and k != 'main']
    assert len(names) > 80 and not set(names) - set(heads) and len(set(heads)) == len(heads), set(names) - set(heads)
    assert {'AutoEncoder.load', 'AutoEncoder.pretrained', 'AutoEncoder.encode', 'AutoEncoder.radius', 'Galaxies.rotation_curve'} <= set(re.findall(r'^#### (\S+)', page, re.M))
    ids = re.findall(r'\{#(\S+)\}', page)
    assert len(set(ids)) == len(ids), 'two entries with one anchor'

def test_what_is_said_of_a_function(reference):
    def curve(radius, # kpc, (R,), *not* | None
        mass:float=1e10, # Msun
        name='a',
        **rest # passed on
    )->dict: # name -> (R,)
        "Makes `a*b*c`; raises *nothing*."
    said = reference.entry('curve', curve)
    assert "curve(radius, mass=10000000000.0, name='a', **rest) -> dict   # name -> (R,)" in said
    assert '| `radius` |  | kpc, (R,), \\*not\\* \\| None |' in said and "| `name` | `'a'` |  |" in said and 'Makes `a*b*c`; raises \\*nothing\\*.' in said
