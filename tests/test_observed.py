"The survey's own files: what is odd in them, each with a test. Skipped where they are not: they are no part of the package."
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from rotae.observed import ROTMOD, UNITS, read_rotmod, write_rotmod
from rotae.physics import G
from rotae.sparc import _MASTER, _POINTS, load_sparc, usual_cut

folder = Path(os.environ.get('ROTAE_SPARC') or Path(__file__).parents[2]/'shared/sparc')
pytestmark = pytest.mark.skipif(not (folder/_MASTER).is_file(), reason=f"needs SPARC's tables in {folder}; another place goes into $ROTAE_SPARC")
rotmods = sorted((folder/'Rotmod_LTG').glob('*_rotmod.dat'))

@pytest.fixture(scope='module')
def sparc(): return load_sparc(folder)

@pytest.fixture(scope='module')
def files():
    if not rotmods: pytest.skip(f'needs the files of the galaxies in {folder}/Rotmod_LTG')
    return {o.name.removesuffix('_rotmod.dat'): read_rotmod(o) for o in rotmods}

@pytest.fixture
def copy(tmp_path):
    for o in (_MASTER, _POINTS): shutil.copy(folder/o, tmp_path)
    for o in tmp_path.iterdir(): o.chmod(0o644)
    return tmp_path

def over(sparc, column): return np.concatenate([getattr(o, column) for o in sparc.values()])

def test_size(sparc):
    sizes = [len(o) for o in sparc.values()]
    assert (len(sparc), sum(sizes), min(sizes), max(sizes), np.median(sizes)) == (175, 3391, 4, 115, 14)

def test_facts(files):
    a, b, c = (files[k] for k in ('NGC2403', 'UGC02953', 'DDO154'))
    assert (len(a), a.radius[0], a.radius[-1], a.row['distance']) == (73, 0.16, 20.87, 3.16)
    assert (len(b), b.velocity[0], b.error[0]) == (115, 231.00, 52.90)
    assert (len(c), c.radius[-1], c.velocity[-1], c.error[-1]) == (12, 5.92, 45.50, 1.30)

def test_tables_and_files_agree(sparc, files):
    assert sparc.keys() == files.keys()
    for k, o in sparc.items():
        for column in UNITS: assert np.array_equal(getattr(o, column), getattr(files[k], column)), (k, column)
        assert abs(o.row['distance'] - files[k].row['distance']) < 0.006   # printed with one or two decimals

def test_written_and_read_again(files, tmp_path):
    for o in files.values():
        write_rotmod(tmp_path/'a_rotmod.dat', o)
        again = read_rotmod(tmp_path/'a_rotmod.dat')
        assert again.row == o.row
        for column in UNITS: assert np.array_equal(getattr(again, column), getattr(o, column))

def test_gas_is_signed(sparc):
    assert (over(sparc, 'gas') < 0).sum() == 361 and sum((o.gas < 0).any() for o in sparc.values()) == 48

def last_mass(o, *parts):
    "V^2 R / G at the last radius (Msun): outside of a flat disc a little more than its mass, and nearer to it the farther out."
    return sum(getattr(o, k)[-1]**2 for k in parts)*o.radius[-1]/G

def test_stars_are_at_ratio_one(sparc):
    far = [last_mass(o, 'disc', 'bulge')/o.row['luminosity'] for o in sparc.values() if o.radius[-1] > 12*o.row['scale_length']]
    assert len(far) > 10 and 1 < np.median(far) < 1.05

def test_gas_includes_helium(sparc):
    far = [last_mass(o, 'gas')/o.row['hydrogen_mass'] for o in sparc.values() if o.row['hydrogen_radius'] and o.radius[-1] > 1.5*o.row['hydrogen_radius']]
    assert len(far) > 10 and np.percentile(far, 16) > 1.33   # without helium it would be 1.2

def test_names_are_padded(sparc):
    assert {'NGC0024', 'UGC00128', 'UGC02953', 'DDO064'} <= sparc.keys() and 'NGC24' not in sparc

def test_quality_and_inclination(sparc):
    rows = [o.row for o in sparc.values()]
    assert [sum(o['quality'] == q for o in rows) for q in (1, 2, 3)] == [99, 64, 12]
    assert sum(o['inclination'] < 30 for o in rows) == 12 and len(usual_cut(sparc)) == 153

def test_flat_velocity_not_reached_is_none(sparc):
    rows = [o.row for o in sparc.values()]
    assert sum(o['flat_velocity'] is None for o in rows) == 40
    assert all((o['flat_velocity'] is None) == (o['flat_velocity_error'] is None) and o['flat_velocity'] != 0 for o in rows)

def test_rows_are_split_at_white_space(sparc):
    "The header's byte ranges are off by one: by them, this galaxy's distance would be cut."
    row = sparc['ESO079-G014'].row
    assert row == dict(name='ESO079-G014', hubble_type=4, distance=28.70, distance_error=7.17, distance_method=1, inclination=79.0, inclination_error=5.0, luminosity=51.733e9,
        luminosity_error=0.524e9, effective_radius=7.23, effective_brightness=157.34, scale_length=5.08, central_brightness=2295.25, hydrogen_mass=3.140e9, hydrogen_radius=17.67,
        flat_velocity=175.0, flat_velocity_error=3.5, quality=1, references='Ge04')

def test_errors_and_radii(sparc):
    assert np.percentile(100*over(sparc, 'error')/over(sparc, 'velocity'), [5, 50, 95]).round(1) == pytest.approx([0.9, 4.3, 21], abs=0.5)
    radius = over(sparc, 'radius')
    assert ((radius < 0.1) | (radius > 50)).sum() == 74

def test_not_like_our_population(sparc):
    rows = [o.row for o in sparc.values()]
    assert sum(0.5*o['luminosity'] < 1e9 for o in rows) == 66
    assert sum(1.33*o['hydrogen_mass'] > 0.5*o['luminosity'] for o in rows) == 81
    assert sum(o.bulge.any() for o in sparc.values()) == 32 and sum(o.radius[-1] > 50 for o in sparc.values()) == 13

@pytest.mark.parametrize('column,cell', [('Rad', 'nan'), ('Vobs', 'inf'), ('errV', '0.00'), ('errV', '-1'), ('Vgas', 'x'), ('Vdisk', 'nan'), ('Vbul', '*')])
def test_damaged_file_is_refused(files, tmp_path, column, cell):
    lines = next(o for o in rotmods if 'NGC2403' in o.name).read_text().splitlines()
    cells = lines[10].split()
    cells[list(ROTMOD).index(column)] = cell
    (tmp_path/'NGC2403_rotmod.dat').write_text('\n'.join([*lines[:10], '\t'.join(cells), *lines[11:]]))
    with pytest.raises(ValueError, match=f'NGC2403_rotmod.dat, line 11, column {column}: must be'): read_rotmod(tmp_path/'NGC2403_rotmod.dat')

def test_damaged_table_is_refused(copy):
    lines = (copy/_POINTS).read_text().splitlines()
    (copy/_POINTS).write_text('\n'.join([*lines[:99], lines[98], *lines[99:]]))
    with pytest.raises(ValueError, match=f'{_POINTS}, line 100, column R: must not repeat'): load_sparc(copy)
    (copy/_POINTS).write_text('\n'.join(lines[:2000]))
    with pytest.raises(ValueError, match='is only in one of them'): load_sparc(copy)
    (copy/_POINTS).unlink()
    with pytest.raises(FileNotFoundError, match='must hold MassModels_Lelli2016c.mrt.*zenodo.16284118'): load_sparc(copy)

def test_cache_is_checked_by_hash(copy, monkeypatch, tmp_path_factory):
    "The official files, put where pooch keeps them, are accepted without a network: so their hashes are right. One changed byte, and they are not."
    pooch = pytest.importorskip('pooch')
    from rotae.sparc import _HASHES
    cache = tmp_path_factory.mktemp('cache')
    monkeypatch.delenv('ROTAE_SPARC', raising=False)
    monkeypatch.setattr(pooch, 'os_cache', lambda name: cache/name)
    def offline(*args, **kwargs): raise ConnectionError('no network')
    monkeypatch.setattr(pooch.core, 'stream_download', offline)
    with pytest.raises(OSError, match='could not be downloaded .ConnectionError.: put SPARC_Lelli2016c.mrt and'): load_sparc()
    (cache/'rotae').mkdir(exist_ok=True)
    for o in _HASHES: (cache/'rotae'/o).write_bytes((copy/o).read_bytes())
    official = (copy/_POINTS).read_bytes().replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')
    (cache/'rotae'/_POINTS).write_bytes(official)
    assert len(load_sparc()) == 175
    assert pooch.file_hash(cache/'rotae'/_MASTER, alg='md5') == '6181df386bfc05868a3700c196e800da'   # as quoted for the record
    assert pooch.file_hash(cache/'rotae'/_POINTS, alg='md5') == 'fe6188538c3f5504f70f486ff6b4d29c'
    (cache/'rotae'/_POINTS).write_bytes(official.replace(b'30.32', b'30.33', 1))
    with pytest.raises(OSError, match='could not be downloaded'): load_sparc()
