"Reads settings.ini. Change the settings there, not here."
from configparser import ConfigParser
from setuptools import setup

ini = ConfigParser()
ini.read('settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']
extras = {k.removesuffix('_requirements'): v.split() for k, v in cfg.items() if k.endswith('_requirements')}
extras['dev'] = sorted({o for v in extras.values() for o in v})   # dev: whatever tests and notebooks use, so every other extra too

setup(
    packages=['rotae'],
    package_data={'rotae': ['*.safetensors', 'explorer/*']},
    author=cfg['author'],
    author_email=cfg['author_email'],
    license=cfg['license'],
    keywords=cfg['keywords'].split(),
    python_requires='>=' + cfg['min_python'],
    install_requires=cfg['requirements'].split(),
    extras_require=extras,
    entry_points={'console_scripts': cfg['console_scripts'].split(), 'nbdev': ['rotae = rotae._modidx:d']},
    long_description=open('README.md', encoding='utf-8').read(),
    long_description_content_type='text/markdown',
)
