"What makes the site: a warning of Quarto ends the build, and links lead where something is, without a network."
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

root = Path(__file__).parent.parent
sys.path.insert(0, str(root/'tools'))
import site_pages as site  # noqa: E402

@pytest.fixture
def quarto(tmp_path):
    "Runs `make docs`'s Quarto in front of a script that stands for the real one."
    def run(script):
        real = tmp_path/'quarto'
        real.write_text(f'#!/bin/sh\n{script}\n')
        real.chmod(0o755)
        strict = root/'tools/strict'
        return subprocess.run([strict/'quarto', 'render', '-x', 'a b'], capture_output=True, text=True, env={**os.environ, 'PATH': f'{strict}:{tmp_path}:{os.environ["PATH"]}'})
    return run

def test_quarto_is_run_as_it_is(quarto):
    done = quarto('for o in "$@"; do echo "[$o]"; done; echo progress >&2')
    assert (done.returncode, done.stdout, done.stderr) == (0, '[render]\n[-x]\n[a b]\n', 'progress\n')
    assert quarto('exit 3').returncode == 3

@pytest.mark.parametrize('said', ['WARN: Unable to resolve link target: a.md', 'ERROR: no such file'])
def test_a_warning_of_quarto_ends_the_build(quarto, said):
    done = quarto(f'echo progress >&2; echo "{said}" >&2; echo "{said}" >&2')
    assert done.returncode == 1 and f'2 {said}' in done.stderr and 'progress' not in done.stderr

def test_make_docs_runs_it(): assert 'PATH="$(CURDIR)/tools/strict:$$PATH" nbdev-docs' in (root/'Makefile').read_text()

def test_make_docs_without_quarto_says_what_to_install():
    paths = [o for o in os.environ['PATH'].split(':') if not (Path(o)/'quarto').exists()]
    done = subprocess.run(['make', '--no-print-directory', 'docs', 'ENV='], cwd=root, capture_output=True, text=True, env={**os.environ, 'PATH': ':'.join(paths)})
    assert done.returncode and done.stdout == '' and re.fullmatch(r'make docs needs Quarto .*quarto\.org.*\.\nmake\b.*Error 1\n', done.stderr), done.stderr

def test_links_become_links_inside_the_site():
    docs, code = site.address('Documentation'), site.address('Repository')
    pages = {'a.html': '<h2 id="shown">', 'reference.html': '<h3 id="shown"><h3 id="listed">'}
    for link, leads in {f'{docs}/a.html': 'a.html', f'{docs}/a.html#shown': 'a.html#shown', f'{docs}/a.html#listed': 'reference.html#listed', f'{docs}/a.html#_private': 'a.html',
                        f'{code}/blob/main/rotae/a.py#L7': 'source/a.html#L-7', './rotae/a.py#b': 'source/a.html#b', '../rotae/a.py': 'source/a.html', 'https://example.org/a.py': 'https://example.org/a.py'}.items():
        assert site.at_home(f'<a href="{link}">', pages) == f'<a href="{leads}">'

def test_pages_load_nothing_from_elsewhere(tmp_path):
    quartos = '<script src="https://cdnjs.cloudflare.com/require.js" integrity="x"></script>\n<script type="application/javascript">define(\'jquery\', [],function() {return 1;})</script>'
    assert site.at_home(f'a{quartos}b', {}) == 'a\nb' and site.from_elsewhere(quartos) == ['https://cdnjs.cloudflare.com/require.js']
    assert not site.from_elsewhere('<a href="https://example.org"><script src="b.js"></script><link rel="icon" href="c.ico">')
    (tmp_path/'a.html').write_text('<img alt="" src="https://example.org/a.png">')
    with pytest.raises(SystemExit, match=r'a\.html must need no network; it loads https://example\.org/a\.png'): site.main(tmp_path)

def test_every_public_name_has_a_place_in_its_source():
    code = 'class A:\n    def b(self): pass\n\n@patch\ndef c(self:A): pass\n\ndef d(): pass\n'
    assert site.names(code) == {'a': 1, 'a.b': 2, 'a.c': 5, 'd': 7}
