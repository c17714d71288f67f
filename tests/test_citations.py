"How to cite rotae, and what its chapters cite."
import json
import re
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

import rotae

root = Path(__file__).parent.parent
pyproject = (root/'pyproject.toml').read_text()   # read by pattern: tomllib needs Python 3.11
ini = ConfigParser()
ini.read(root/'settings.ini', encoding='utf-8')

NEEDED = {'article': {'author', 'title', 'year', 'journal', 'volume', 'pages', 'doi'}, 'inproceedings': {'author', 'title', 'year', 'booktitle'},
          'book': {'author', 'title', 'year', 'publisher'}, 'misc': {'author', 'title', 'url'}}
LOOKS = {'year': r'(1[89]|20)\d\d', 'doi': r'10\.\d{4,9}/\S+', 'eprint': r'(\d{4}\.\d{4,5}|[a-z-]+/\d{7})', 'url': r'https://\S+', 'volume': r'[A-Z0-9-]+',
         'pages': r'\d+(--\d+)?', 'author': r'.*\S', 'title': r'.*\S'}

def entries(text):
    "The entries of a BibTeX file whose braces close, as (kind, key, fields); raises `ValueError` for text that is neither an entry nor a comment."
    found, rest = [], re.sub(r'^%.*$', '', text, flags=re.M)
    for m in re.finditer(r'^@(\w+)\{([^\s,]+),\n(.*?)^\}\n', rest, re.M | re.S):
        lines = [re.fullmatch(r'  (\w+) = (?:\{(.*)\}|(\w+)),?', o) for o in m[3].splitlines()]
        if not all(lines) or any((o[2] or '').count('{') != (o[2] or '').count('}') for o in lines): raise ValueError(f'{m[2]} has a line that is no field')
        if any(o[0].endswith(',') != (i < len(lines) - 1) for i, o in enumerate(lines)): raise ValueError(f'{m[2]} has a comma too many or too few')
        if len({o[1] for o in lines}) < len(lines): raise ValueError(f'{m[2]} has a field twice')
        found.append((m[1], m[2], {o[1]: o[2] or o[3] for o in lines}))
        rest = rest.replace(m[0], '')
    if rest.strip(): raise ValueError(f'not an entry: {rest.strip()[:80]}')
    return found

def faults(kind, key, fields):
    "What is wrong with an entry."
    if kind not in NEEDED: return [f'{key} is of an unknown kind, {kind}']
    wrong = [f'{key} lacks {o}' for o in sorted(NEEDED[kind] - set(fields))]
    wrong += [f'{key}: {k} = {v}' for k, v in fields.items() if not re.fullmatch(LOOKS.get(k, '.*'), v)]
    if 'year' in fields and not key.endswith(fields['year']): wrong.append(f'{key} is of {fields["year"]}')
    if 'archiveprefix' in fields and fields['url'] != f'https://arxiv.org/abs/{fields["eprint"]}': wrong.append(f'{key}: address and arXiv number differ')
    return wrong

def cited(text):
    "The keys that Markdown cites, as @key or [@key]; code and addresses of mail are none."
    text = re.sub(r'^```.*?^```|`[^`\n]*`', '', text, flags=re.M | re.S)
    return set(re.findall(r'(?<![\w.])@([a-z]\w*)', text)) - {k for k in re.findall(r'(?<![\w.])@((?:eq|fig|tbl|sec)-\w+)', text)} - {'eq', 'fig', 'tbl', 'sec'}

bib = (root/'nbs/references.bib').read_text()

def test_bibliography_is_well_formed():
    found = entries(bib)
    keys = [k for _, k, _ in found]
    assert keys == sorted(set(keys)) and len(keys) > 15, 'each key once, in order'
    assert not (wrong := [o for e in found for o in faults(*e)]), wrong
    for k in ('doi', 'eprint', 'url'):
        all_of_it = [f[k] for *_, f in found if k in f]
        assert len(set(all_of_it)) == len(all_of_it), f'two entries with one {k}'

@pytest.mark.parametrize('old,new', [('year = {1970}', 'year = {1971}'), ('10.1086/150474', '150474'), ('  journal = {The Astrophysical Journal},\n  year = {1970}', '  year = {1970}'),
                                     ('@article{freeman1970', '@paper{freeman1970'), ('  volume = {160},', '  volume = {160}'), ('1810.06758}\n', '1810.06759}\n'),
                                     ('{On the Disks of', '{{On the Disks of'), ('@misc{dlmf,', 'misc{dlmf,')])
def test_a_spoilt_bibliography_is_noticed(old, new):
    assert bib.count(old) == 1
    try: wrong = [o for e in entries(bib.replace(old, new)) for o in faults(*e)]
    except ValueError: wrong = ['not BibTeX']
    assert wrong

def test_every_citation_is_in_the_bibliography():
    keys = {k for _, k, _ in entries(bib)}
    assert cited('as [@freeman1970; @nowhere] or @dlmf, see @eq-disc; not `@patch`, me@example.org') == {'freeman1970', 'nowhere', 'dlmf'}
    for f in sorted((root/'nbs').glob('*.ipynb')):
        for c in json.loads(f.read_text())['cells']:
            if c['cell_type'] == 'markdown': assert not (gone := cited(''.join(c['source'])) - keys), f'{f.name} cites {gone}'

def test_the_site_knows_the_bibliography(): assert yaml.safe_load((root/'_quarto.yml').read_text())['bibliography'] == 'references.bib'

def test_citation_file_says_what_the_package_says():
    cff = yaml.safe_load((root/'CITATION.cff').read_text())
    urls = dict(re.findall(r'(\w+) = "(https://[^"]+)"', re.search(r'^urls = \{(.*)\}$', pyproject, re.M)[1]))
    description = re.search(r'^description = "(.*)"$', pyproject, re.M)[1]
    assert cff == {'cff-version': '1.2.0', 'message': cff['message'], 'type': 'software', 'title': 'rotae', 'abstract': description,
                   'authors': [{'name': ini['DEFAULT']['author']}], 'version': rotae.__version__, 'license': ini['DEFAULT']['license'],
                   'repository-code': urls['Repository'], 'url': urls['Documentation'],
                   'keywords': [o for o in ini['DEFAULT']['keywords'].split() if o != 'nbdev']}
    assert cff['message'].endswith('.')

def named(text):
    "First author and year of each source that a text names as (Author 1999), (Author & Other 1999), (A, B & C 1999) or Author et al. (1999)."
    return set(re.findall(r"\b((?!January|February|March|April|May|June|July|August|September|October|November|December)[A-Z][a-z]+(?:-[A-Z][a-z]+)?)(?:, [A-Z]\w+)*(?: et al\.| (?:&|and) [A-Z]\w+)?,? \(?((?:19|20)\d\d)\b", text))

def test_every_source_that_a_chapter_names_is_in_the_bibliography():
    assert named('Posti (2022), 10 June 2022, [Vyas et al. 2024](x), (Navarro, Frenk & White 1997), Lopez-Paz & Oquab 2017') == {('Posti', '2022'), ('Vyas', '2024'), ('Navarro', '1997'), ('Lopez-Paz', '2017')}
    known = {(re.split(',| and ', f.get('author', ''))[0], f.get('year')) for *_, f in entries(bib)}
    for f in sorted((root/'nbs').glob('*.ipynb')):
        text = '\n'.join(''.join(c['source']) for c in json.loads(f.read_text())['cells'])
        assert not (gone := named(text) - known), f'{f.name} names {gone}'

def test_chapters_cite_by_key():
    "So that the page gets a link and a list of its sources; the home page is read on code hosts, which know no keys."
    for f in sorted((root/'nbs').glob('[0-9]*.ipynb')):
        for c in json.loads(f.read_text())['cells']:
            if c['cell_type'] == 'markdown': assert not (plain := named(''.join(c['source']))), f'{f.name} names {plain} without a key'
