"Writes nbs/reference.qmd, the site's page of all public names, from signatures, docstrings and comments on parameters. `make reference` runs it."
import inspect
import json
import re
import sys
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import yaml
from fastcore.docments import docments

root = Path(__file__).parent.parent
HEAD = """---
title: Reference
description: Every public name, chapter by chapter
---

<!-- Written by `make reference`. Change the notebooks, not this page. -->

`from rotae.all import *` brings every name below but the commands. Shapes are in brackets: `(n, R)` is one row for each of n galaxies and one column for each of R radii. Each section names the chapter that explains, shows and tests what it lists.
"""

def chapters():
    "The title and the module of each notebook of the sidebar that makes one, by its file name, in order."
    sidebar, found = yaml.safe_load((root/'_quarto.yml').read_text())['website']['sidebar']['contents'], {}
    for name in next(o['contents'] for o in sidebar if isinstance(o, dict) and o['section'] == 'Tutorial'):
        cells = [''.join(c['source']) for c in json.loads((root/'nbs'/name).read_text())['cells']]
        module = re.search(r'^#\| default_exp (\w+)', '\n'.join(cells), re.M)
        if module and module[1] != 'all': found[name] = cells[0].splitlines()[0].removeprefix('# '), f'rotae.{module[1]}'
    return found

def shown(value):
    "A default, or an annotation, as it is written in code."
    from rotae.data import RADII
    if value is RADII: return 'RADII'
    text = value if isinstance(value, str) and value.isidentifier() else getattr(value, '__name__', repr(value))
    return text if len(text) <= 40 and not text.startswith('<') else '...'

def parameters(f):
    "The parameters of a function or class: name, default or None, and its comment."
    said = docments(f, full=True)
    for name, p in inspect.signature(f).parameters.items():
        if name in ('self', 'cls'): continue
        default = None if p.default is p.empty else repr(p.default) if isinstance(p.default, str) else shown(p.default)
        stars = {p.VAR_POSITIONAL: '*', p.VAR_KEYWORD: '**'}.get(p.kind, '')
        yield stars + name, default, (said[name].docment or '') if name in said else ''

def plain(text):
    "Text on one line, of which only code is marked up."
    return ''.join(o if o.startswith('`') else re.sub(r'([*_^~$<|\[\]])', r'\\\1', o) for o in re.split(r'(`[^`]*`)', ' '.join(text.split())))

def table(rows):
    "Parameters as a Markdown table; nothing for none."
    return '\n'.join(['| parameter | default | |', '| ----- | ---- | --------------- |', *(f'| `{a}` | {f"`{b}`" if b is not None else ""} | {plain(c)} |' for a, b, c in rows)]) if rows else ''

def signature(name, f, rows):
    "How it is called, as code."
    gives = docments(f, full=True).get('return')
    to = '' if inspect.isclass(f) or gives is None or gives.anno in (None, inspect.Parameter.empty) else f' -> {shown(gives.anno)}'
    said = f'   # {" ".join(gives.docment.split())}' if to and gives.docment else ''
    return '```python\n' + f'{name}({", ".join(a if b is None else f"{a}={b}" for a, b, _ in rows)}){to}{said}' + '\n```'

def source(f, anchor):
    "The link to where it is written; the attribute tells Quarto that it is no page of the site."
    f = f.fget if isinstance(f, property) else f
    return f'[source](../{f.__module__.replace(".", "/")}.py#{anchor.lower()}){{data-noresolveinput=""}}'

def entry(name, f, level=3):
    "One function, class or method; a class with its methods."
    try: rows = list(parameters(f))
    except ValueError: rows = None   # made of a built-in type, like `dict`
    parts = [f'{"#"*level} {name} {{#{name.lower()}}}', signature(name, f, rows) if rows is not None else '', f'{plain(f.__doc__)} {source(f, name)}', table(rows)]
    if inspect.isclass(f):
        for k in vars(f):
            o = getattr(getattr(f, k), '__func__', getattr(f, k))   # the function of a class method
            if k.startswith('_') or not getattr(o, '__doc__', None) or not (inspect.isfunction(o) or isinstance(o, property)): continue
            parts.append(f'#### {name}.{k} {{#{name.lower()}.{k}}}\n\n{plain(o.__doc__)} {source(o, f"{name}.{k}")}' if isinstance(o, property) else entry(f'{name}.{k}', o, 4))
    return '\n\n'.join(o for o in parts if o)

def commands():
    "What each command is called, and its options."
    ini = ConfigParser()
    ini.read(root/'settings.ini', encoding='utf-8')
    for name, place in (o.split('=') for o in ini['DEFAULT']['console_scripts'].split()):
        module, f = place.split(':')
        f = getattr(import_module(module), f)
        yield f'### {name} {{#{name}}}\n\n{plain(f.__doc__)} {source(f, "main")}\n\n' + table([(f'--{a}', b, c) for a, b, c in parameters(f)]).replace('parameter', 'option', 1)

def page():
    "The whole page."
    parts = [HEAD]
    for notebook, (title, module) in chapters().items():
        module = import_module(module)
        names = {k: getattr(module, k) for k in module.__all__ if k != 'main'}
        calls = {k: o for k, o in names.items() if callable(o) and getattr(o, '__module__', '') == module.__name__}
        rest = [f'`{k}`' for k in names if k not in calls]
        parts.append(f'## {title}: {module.__name__}\n\n{module.__doc__.splitlines()[0]}. The chapter: [{title}]({notebook}).' + (f' It also defines {", ".join(rest)}.' if rest else ''))
        parts += [entry(k, o) for k, o in calls.items()]
    return '\n\n'.join([*parts, '## Commands\n\nEach ends with one line, and no traceback, if something is wrong with what it was given.', *commands()]) + '\n'

if __name__ == '__main__': (Path(sys.argv[1]) if sys.argv[1:] else root/'nbs/reference.qmd').write_text(page(), encoding='utf-8')
