"Writes into every chapter and how-to page what they share: a link to download the notebook, and a first cell that installs on Colab. `make export` runs it."
import json
import re
import sys
from pathlib import Path

root = Path(__file__).parent.parent

def repository():
    "The address of the repository, from the one place where it stands."
    return re.search(r'Repository = "([^"]+)"', (root/'pyproject.toml').read_text(encoding='utf-8'))[1]

def install():
    "The first code cell: it does nothing but on Colab."
    return f"#| hide\nimport sys\nif 'google.colab' in sys.modules:\n    %pip install --quiet 'rotae[dev] @ git+{repository()}'"

def download(name):
    "The line that closes a chapter's second cell; the attribute keeps Quarto from turning the link into one to the page itself."
    return f'<a href="{name}" download data-noresolveinput>Download this page as a notebook</a>'

def framed(notebook, name):
    "The notebook with the link and the first cell as they should be."
    cells = [c for c in notebook['cells'] if c['id'] != 'oncolab0']
    text = re.sub(r'\n*<a href="[^"]*" download[^>]*>[^<]*</a>', '', ''.join(cells[1]['source']))
    cells[1]['source'] = f'{text}\n\n{download(name)}'.splitlines(keepends=True)
    first = next(i for i, c in enumerate(cells) if c['cell_type'] == 'code')
    cell = dict(cell_type='code', execution_count=None, id='oncolab0', metadata={}, outputs=[], source=install().splitlines(keepends=True))
    return {**notebook, 'cells': [*cells[:first], cell, *cells[first:]]}

def pages(): return sorted((root/'nbs').glob('[0-9]*.ipynb'))

def main():
    for page in pages():
        before = page.read_text(encoding='utf-8')
        after = json.dumps(framed(json.loads(before), page.name), ensure_ascii=False, indent=1) + '\n'
        if after != before: page.write_text(after, encoding='utf-8')

if __name__ == '__main__': sys.exit(main())
