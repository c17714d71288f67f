"Finishes the site in _docs/: the notebooks to download, the source of every module as a page, and links that need no network. `make docs` runs it."
import ast
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

root = Path(__file__).parent.parent

def address(name):
    "The address of the repository or of the documentation, from the one place where it stands."
    return re.search(rf'{name} = "([^"]+?)/?"', (root/'pyproject.toml').read_text(encoding='utf-8'))[1]

def names(code):
    "The line where each public function, class and method of a module begins."
    found = {}
    for o in ast.parse(code).body:
        if not isinstance(o, (ast.FunctionDef, ast.ClassDef)): continue
        patched = [a.annotation for a in getattr(o, 'args', ast.arguments([], [])).args[:1] if any('patch' in ast.unparse(d) for d in o.decorator_list)]
        owner = f'{ast.unparse(patched[0])}.' if patched and patched[0] else ''
        found[(owner + o.name).lower()] = o.lineno
        if isinstance(o, ast.ClassDef): found |= {f'{o.name}.{m.name}'.lower(): m.lineno for m in o.body if isinstance(m, ast.FunctionDef)}
    return found

def source_page(module):
    "A module's code as a page of its own: #L-12 is a line, #name a function, class or method."
    code = module.read_text(encoding='utf-8')
    style = 'body { margin: 0 auto; max-width: 75rem; padding: 0 1rem; color-scheme: light dark } pre { overflow-x: auto } h1 { overflow-wrap: anywhere } a { color: inherit; text-decoration: none } .highlight { background: none }'
    dark = f'@media (prefers-color-scheme: dark) {{ body {{ background: #222 }} {HtmlFormatter(style="github-dark").get_style_defs(".highlight")} .highlight {{ background: none }} }}'
    body = highlight(code, PythonLexer(), HtmlFormatter(linespans='L', anchorlinenos=True))
    for name, line in names(code).items(): body = body.replace(f'<span id="L-{line}">', f'<span id="L-{line}"><span id="{name}"></span>', 1)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>rotae/{module.name}</title>
<style>{HtmlFormatter().get_style_defs('.highlight')} {style} {dark}</style></head>
<body><p><a href="../reference.html">← Reference</a></p><h1>rotae/{module.name}</h1>{body}</body></html>
"""

@cache
def ids(page): return set(re.findall(r' id="([^"]+)"', page))

def place(link, pages):
    "Where a link to a name leads: to its chapter if that shows it, or else to the reference, or to the top of the chapter."
    page, _, anchor = link.partition('#')
    shows = lambda o: anchor in ids(pages.get(o, ''))
    return link if not anchor or shows(page) else f'reference.html#{anchor}' if shows('reference.html') else page

def at_home(page, pages):
    "The page with its links to the site itself and to the package's source as links inside the site, and without what it would load from elsewhere; `pages` are all pages by name."
    page = re.sub(rf'href="{re.escape(address("Documentation"))}/([^"]*)"', lambda o: f'href="{place(o[1], pages)}"', page)
    page = re.sub(rf'href="{re.escape(address("Repository"))}/blob/main/rotae/(\w+)\.py#L(\d+)"', r'href="source/\1.html#L-\2"', page)
    page = re.sub(r'href="(?:\.{1,2}/)+rotae/(\w+)\.py', r'href="source/\1.html', page)
    page = re.sub(r'<script src="https://cdnjs[^>]*></script>|<script type="application/javascript">define\(\'jquery\'.*?</script>', '', page)   # Quarto's, for tables that a cell shows
    return page.replace('__main__.', '').replace(':NoneType<', '<')   # what nbdev guesses of types

def from_elsewhere(page): return re.findall(r'<(?:script|img|iframe|link rel="stylesheet")[^>]* (?:src|href)="(https?:[^"]*)"', page)

def main(site):
    pages = {f.name: f.read_text(encoding='utf-8') for f in site.glob('*.html')}
    for name, old in pages.items():
        if from_elsewhere(new := at_home(old, pages)): sys.exit(f'{name} must need no network; it loads {", ".join(from_elsewhere(new))}')
        if new != old: (site/name).write_text(new, encoding='utf-8')
    (site/'source').mkdir(exist_ok=True)
    for f in (root/'rotae').glob('[!_]*.py'): (site/'source'/f'{f.stem}.html').write_text(source_page(f), encoding='utf-8')
    for f in (root/'nbs').glob('*.ipynb'): shutil.copy(f, site)   # as they are: the pages are made from processed copies

if __name__ == '__main__': main(Path(sys.argv[1]) if sys.argv[1:] else root/'_docs')
