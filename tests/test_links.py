"Every link of the site and of the README leads somewhere, and every chapter has its frame."
import json
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

root = Path(__file__).parent.parent
sys.path.insert(0, str(root/'tools'))
import site_pages as site  # noqa: E402

pages = sorted(o for o in (root/'nbs').glob('*.*') if o.suffix in ('.ipynb', '.qmd', '.md')) + [root/'README.md']
sidebar = yaml.safe_load((root/'_quarto.yml').read_text())['website']['sidebar']['contents']
section = {o['section']: o['contents'] for o in sidebar if isinstance(o, dict)}

def markdown(page):
    "The cells of a page that are text."
    if page.suffix != '.ipynb': return [page.read_text()]
    return [''.join(c['source']) for c in json.loads(page.read_text())['cells'] if c['cell_type'] == 'markdown']

def no_code(text): return re.sub(r'^```(?!\{=html\}).*?^```$|`[^`\n]*`', '', text, flags=re.M | re.S)   # raw HTML is part of the page

def links(text):
    "What a page's text links to, draws or loads."
    text = no_code(text)
    return [o.strip().split(' ')[0].strip('<>') for o in re.findall(r'\]\(((?:[^()]|\([^()]*\))*)\)', text)] + re.findall(r'\b(?:href|src)="([^"]*)"', text)

def slug(heading):
    "The identifier that pandoc gives a heading."
    text = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', heading)
    text = re.sub(r'(?<!\w)_|_(?!\w)|[*`]', '', text)   # emphasis and code
    return re.sub(r'^[^a-z]+', '', re.sub(r'\s+', '-', re.sub(r'[^\w\s.-]', '', text.strip().lower()))) or 'section'

def anchors(text):
    "The identifiers on a page: of headings, a second one of a name with -1, and those given in braces."
    text, seen = re.sub(r'^```.*?^```$', '', text, flags=re.M | re.S), []
    for head in re.findall(r'^#{1,6} +(.*?) *#*$', text, re.M):
        if not re.search(r'\{[^}]*#[\w:.-]+[^}]*\}$', head): seen.append(slug(head))   # the others are found below
    return {o if not (k := seen[:i].count(o)) else f'{o}-{k}' for i, o in enumerate(seen)} | set(re.findall(r'\{[^}\n]*#([\w:.-]+)[^}\n]*\}', text)) | set(re.findall(r'\bid="([^"]+)"', text))

def dead(page):
    "The internal links of a page that lead nowhere."
    text, wrong = '\n\n'.join(markdown(page)), []
    for link in links(text):
        if re.match(r'(https|mailto):', link): continue
        path, _, anchor = unquote(link).partition('#')
        target = (page.parent/path) if path else page
        if re.match(r'\w+:', link) or not target.is_file(): wrong.append(link)
        elif target.suffix == '.py' and anchor in site.names(target.read_text()): continue
        elif anchor and anchor not in anchors('\n\n'.join(markdown(target))): wrong.append(link)
    made = set(re.findall(r'\{#((?:eq|fig|tbl|sec)-[\w-]+)', text))   # equations and the like are numbered page by page
    return wrong + [f'@{o}' for o in re.findall(r'(?<![\w.])@((?:eq|fig|tbl|sec)-[\w-]+)', no_code(text)) if o not in made]

@pytest.mark.parametrize('page', pages, ids=lambda o: o.name)
def test_links_lead_somewhere(page): assert not (wrong := dead(page)), f'{page.name} links to {wrong}'

def test_slugs_are_those_of_pandoc():   # the examples of pandoc's manual, and ours
    for head, is_slug in {'Heading identifiers in HTML': 'heading-identifiers-in-html', 'Maître d\'hôtel': 'maître-dhôtel', '*Dogs*?--in *my* house?': 'dogs--in-my-house',
                          '[HTML], [S5], or [RTF]?': 'html-s5-or-rtf', '3. Applications': 'applications', '33': 'section', 'To the last digit': 'to-the-last-digit',
                          'The `fit_map` of [a page](x.ipynb)': 'the-fit_map-of-a-page'}.items(): assert slug(head) == is_slug, head

@pytest.mark.parametrize('text', ['[a](nowhere.ipynb)', '[a](#nowhere)', '[a](there.md#nowhere)', '![a](nowhere.png)', '```{=html}\n<script src="nowhere.js"></script>\n```',
                                  '[a](http://example.org)', 'by @eq-nowhere', '[a](there.md#code)', '## Two\n## Two\n[a](#two-2)'])
def test_a_dead_link_is_noticed(text, tmp_path):
    (tmp_path/'there.md').write_text('# Here we are\n```\n# code\n```\n$$x$$ {#eq-x}\n')
    (tmp_path/'page.md').write_text(text)
    assert dead(tmp_path/'page.md')

def test_living_links_are_not(tmp_path):
    (tmp_path/'there.md').write_text('# Here we are\n')
    (tmp_path/'page.md').write_text('## Two\n## Two {#other}\n## Three {#an.other}\n## Two\n$$x$$ {#eq-x}\n[a](there.md#here-we-are), [a (b)](there.md "title"), @eq-x, [b](#two), [b](#two-1), [b](#other), [b](#an.other), `[c](no.md)`\n```\n[c](no.md)\n```\n[d](https://example.org/x#y)')
    assert not dead(tmp_path/'page.md')

@pytest.mark.parametrize('page', [o for o in pages if o.suffix == '.ipynb'], ids=lambda o: o.name)
def test_every_notebook_has_a_title_and_a_line(page): assert has_title(markdown(page)[0]), 'the first cell must be a title, a line that begins with > and nothing else'

def has_title(cell): return bool(re.fullmatch(r'# \S.*\n+> \S.*\n*', cell))

def test_a_title_can_be_missed():
    assert has_title('# Title\n\n> one line') and not any(map(has_title, ('# Title', '## Title\n> line', '# Title\n> line\n\ntext that the site drops')))

def frame(page):
    "The parts that a chapter lacks."
    first, whole = '\n\n'.join(markdown(page)[:2]), '\n\n'.join(markdown(page))
    wrong = [o for o in ('**What you will learn.**', '**You need**', '**Run time:**') if o not in first]
    wrong += [o for o in ('## Summary', '## Exercises') if not re.search(f'^{o}$', whole, re.M)]
    if not re.search(r'^\*\*Next:\*\* .*\]\([\w.]+\)', markdown(page)[-1].strip().splitlines()[-1]): wrong.append('**Next:**')
    return wrong

chapters = [o for o in section['Tutorial'] if (root/'nbs'/o).is_file()]
UNFINISHED = set()   # chapters that still lack a part of the frame

@pytest.mark.parametrize('name', [pytest.param(o, marks=[pytest.mark.xfail(strict=True)]*(o in UNFINISHED)) for o in chapters])
def test_every_chapter_has_its_frame(name): assert not (wrong := frame(root/'nbs'/name)), f'{name} lacks {wrong}'

def test_a_chapter_without_a_part_is_noticed(tmp_path):
    whole = '# T\n> l\n\n**What you will learn.** a\n**You need** b\n**Run time:** c\n## Summary\n## Exercises\n**Next:** [d](e.ipynb).'
    for o in ('', '**What you will learn.**', '**You need**', '**Run time:**', '## Summary', '## Exercises', '**Next:**'):
        (tmp_path/'page.md').write_text(whole.replace(o, 'x') if o else whole)
        assert frame(tmp_path/'page.md') == ([o] if o else [])

def test_next_is_the_next_chapter_of_the_sidebar_or_one_after_it():
    after = chapters + section['How to']
    for i, o in enumerate(chapters):
        for to in re.findall(r'^\*\*Next:\*\* .*?\]\((\w+\.ipynb)\)', markdown(root/'nbs'/o)[-1], re.M): assert to in after[i + 1:], f'{o} goes on to {to}'

def test_home_page_leads_to_every_page_of_the_tutorial_and_the_how_to():
    "By its title, in the order of the sidebar."
    title = lambda name: markdown(root/'nbs'/name)[0].splitlines()[0].removeprefix('# ')
    home = '\n\n'.join(markdown(root/'nbs/index.ipynb'))
    assert re.findall(r'^\| \[(.*?)\]\((.*?)\) \|', home, re.M) == [(title(o), o) for o in section['Tutorial']]
    how_to = re.search(r'^How-to pages.*?:(.*)$', home, re.M)[1]
    assert re.findall(r'\[(.*?)\]\((.*?)\)', how_to) == [(title(o)[0].lower() + title(o)[1:], o) for o in section['How to']]

def test_sidebar_names_pages_that_exist_once():
    names = [o for part in sidebar for o in (part['contents'] if isinstance(part, dict) else [part])]
    assert len(set(names)) == len(names) and not [o for o in names if not (root/'nbs'/o).is_file()]

@pytest.mark.parametrize('page', [o for o in pages if o.suffix == '.ipynb'], ids=lambda o: o.name)
def test_no_link_text_is_code(page):
    "The site makes a link of each public name in code, and a link in a link comes out as brackets."
    assert not (wrong := [o for text in markdown(page) for o in re.findall(r'\[`[^`\n]*`\]\([^)]*\)', text)]), wrong
