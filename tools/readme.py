"Writes README.md from nbs/index.ipynb, with its pictures in nbs/images/. `make readme` runs it."
import re
import sys
from pathlib import Path

import nbformat
import yaml
from nbconvert import MarkdownExporter

root = Path(__file__).parent.parent

def readme(notebook):
    "The home page as Markdown that a code host shows, and its pictures by path."
    alts = []
    for c in notebook.cells:
        if c.cell_type != 'code': continue
        alts += [yaml.safe_load(o[3:])['fig-alt'] for o in c.source.splitlines() if o.startswith('#| fig-alt')]
        c.source = '\n'.join(o for o in c.source.splitlines() if not o.startswith('#| '))
    text, found = MarkdownExporter().from_notebook_node(notebook, {'unique_key': 'README', 'output_files_dir': 'nbs/images'})
    alts = iter(alts)
    text = re.sub(r'!\[png\]', lambda _: f'![{next(alts)}]', text)
    text = re.sub(r'\]\(([0-9a-z_]+\.ipynb)\)', r'](nbs/\1)', text)                     # links from here, not from nbs/
    return re.sub(r'\n{3,}', '\n\n', re.sub(r' +$', '', text, flags=re.M)).strip() + '\n', found['outputs']

def main(out):
    text, pictures = readme(nbformat.read(root/'nbs/index.ipynb', 4))
    (out/'nbs/images').mkdir(parents=True, exist_ok=True)
    for old in (out/'nbs/images').glob('README_*'): old.unlink()
    for name, data in pictures.items(): (out/name).write_bytes(data)
    (out/'README.md').write_text(text, encoding='utf-8')

if __name__ == '__main__': main(Path(sys.argv[1]) if sys.argv[1:] else root)
