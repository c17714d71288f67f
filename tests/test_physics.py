"What a notebook cell cannot hold: properties tried on many inputs, and heavy grids against mpmath."
from functools import lru_cache
import mpmath as mp, numpy as np, pytest, torch
from hypothesis import given, settings, strategies as st
from rotae.physics import (G, critical_density, disc_enclosed_mass, disc_velocity, enclosed_mass, halo_enclosed_mass, halo_velocity,
                           rotation_curve, virial_radius, virial_velocity)
from rotae.simulation import simulate

log = lambda low, high: st.floats(low, high).map(lambda x: 10**x)
galaxy = st.tuples(log(5, 13), log(-2, 3), log(8, 16), log(0, 2))
quick = settings(max_examples=60, deadline=None)
NAMES = 'radius disc_mass scale_length halo_mass concentration hubble overdensity'.split()

@lru_cache(None)
def bessel_at(y, precision): return mp.besseli(0, y)*mp.besselk(0, y) - mp.besseli(1, y)*mp.besselk(1, y)
def bessel_term(y): return bessel_at(y, mp.mp.prec)
def nfw(x): return mp.log1p(x) - x/(1 + x)
def curve_true(radius, disc_mass, scale_length, halo_mass, concentration, hubble=70, overdensity=200):
    rs = mp.cbrt(2*10**6*mp.mpf(G)*halo_mass/(overdensity*hubble**2))/concentration
    y = radius/(2*scale_length)
    return mp.sqrt(2*mp.mpf(G)*disc_mass/scale_length*y**2*bessel_term(y) + mp.mpf(G)*halo_mass/radius*nfw(radius/rs)/nfw(concentration))
def true(f, *args):
    with mp.workdps(90): return f(*(mp.mpf(float(a)) for a in args))
def off(value, reference): return float(abs(mp.mpf(float(value))/reference - 1))

@pytest.mark.parametrize('kind', ['numpy', 'torch'])
@pytest.mark.parametrize('dtype, tolerance', [('float64', 4e-15), ('float32', 1e-6)])
def test_parts_against_mpmath_from_1e_minus_8_to_1e8(kind, dtype, tolerance):
    rng = np.random.default_rng(1)
    for ratio, c in zip(10**rng.uniform(-8, 8, 40), 10**rng.uniform(0, 2, 40)):
        radius, mass, length, halo, c = (np.asarray(x, dtype) for x in (3., 1e10, 1.5/ratio, 1e12, c))
        args = [radius, mass, length, halo, c] if kind == 'numpy' else [torch.tensor(x) for x in (radius, mass, length, halo, c)]
        disc = true(lambda r, m, d: mp.sqrt(2*mp.mpf(G)*m/d*(r/2/d)**2*bessel_term(r/2/d)), radius, mass, length)
        assert off(disc_velocity(*args[:3]), disc) < tolerance
        assert off(rotation_curve(*args), true(curve_true, radius, mass, length, halo, c)) < tolerance
        at = np.asarray(ratio*virial_radius(1e12)/float(c), dtype)   # x = ratio
        args[0] = at if kind == 'numpy' else torch.tensor(at)
        alone = true(lambda r, m, c: curve_true(r, mp.mpf(0), mp.mpf(1), m, c), at, halo, c)
        assert off(halo_velocity(args[0], *args[3:]), alone) < tolerance

@pytest.mark.parametrize('point', [(.02, 1e9, 5., 1e11, 20., 73., 200.), (8., 5e10, 3., 1e12, 9.8, 70., 200.), (300., 1e11, .5, 1e12, 1.3, 67., 100.)])
def test_derivatives_against_mpmath_in_every_argument(point):
    p = torch.tensor(point, dtype=torch.float64)
    f = lambda q: rotation_curve(q[0], *q[1:])
    v, first = f(p), torch.autograd.functional.jacobian(f, p)
    second = torch.autograd.functional.hessian(f, p)
    with mp.workdps(30):
        q = [mp.mpf(x) for x in point]
        for i in range(7):
            for j in [None, *range(i, 7)] if NAMES[i] != 'overdensity' else [None, 6]:
                n = [int(k == i) + int(k == j) for k in range(7)]
                got, scale = (first[i], q[i]/v.item()) if j is None else (second[i, j], q[i]*q[j]/v.item())
                assert abs(mp.mpf(got.item()) - mp.diff(curve_true, tuple(q), tuple(n)))*scale < (1e-13 if j is None else 1e-11), (NAMES[i], j)

def test_torch_and_numpy_agree_and_gradcheck_passes():
    rng = np.random.default_rng(2)
    radius, parameters = np.geomspace(1e-3, 1e3, 40), [10**rng.uniform(a, b, 50) for a, b in ((8, 12), (-1, 2), (9, 14), (0, 2))]
    a, b = rotation_curve(radius, *parameters), rotation_curve(torch.tensor(radius), *map(torch.tensor, parameters))
    np.testing.assert_allclose(b.numpy(), a, rtol=1e-14)
    small = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in ([.5, 4.], 5., 3., 7., 9.)]
    assert torch.autograd.gradcheck(rotation_curve, small) and torch.autograd.gradgradcheck(rotation_curve, small)

def test_the_virial_quantities_and_the_critical_density():
    for h in (50., 70., 73.):
        r = virial_radius(1e12, h, 100.)
        np.testing.assert_allclose(1e12/(4/3*np.pi*r**3), 100*critical_density(h), rtol=1e-14)
        np.testing.assert_allclose(virial_velocity(1e12, h, 100.), halo_velocity(r, 1e12, 7., h, 100.), rtol=1e-14)
    assert virial_radius(torch.tensor([1e12, 1e13])).dtype == torch.float32 and critical_density(torch.tensor(70.)).dtype == torch.float32

@quick
@given(galaxy, log(-3, 4))
def test_speeds_are_positive_finite_and_add_in_squares(g, radius):
    v, disc, halo = rotation_curve(radius, *g), disc_velocity(radius, *g[:2]), halo_velocity(radius, *g[2:])
    assert 0 < v < np.inf and 0 < disc and 0 < halo
    np.testing.assert_allclose(v**2, disc**2 + halo**2, rtol=1e-14)

@quick
@given(galaxy)
def test_masses_grow_outwards_and_belong_to_the_speeds(g):
    radius = np.geomspace(1e-3, 1e4, 200)
    halo, disc = halo_enclosed_mass(radius, *g[2:]), disc_enclosed_mass(radius, *g[:2])
    assert (np.diff(halo) > 0).all() and (np.diff(disc) >= 0).all() and (disc <= g[0]).all()
    np.testing.assert_allclose(halo, halo_velocity(radius, *g[2:])**2*radius/G, rtol=1e-14)
    np.testing.assert_array_equal(enclosed_mass(radius, *g), disc + halo)

@quick
@given(galaxy, log(-3, 3))
def test_scaling_laws(g, k):
    radius = np.geomspace(1e-2, 1e3, 20)
    np.testing.assert_allclose(disc_velocity(k*radius, g[0], k*g[1]), disc_velocity(radius, *g[:2])/k**.5, rtol=1e-14)
    np.testing.assert_allclose(disc_velocity(radius, k*g[0], g[1]), k**.5*disc_velocity(radius, *g[:2]), rtol=1e-14)
    np.testing.assert_allclose(halo_velocity(k*radius, k**3*g[2], g[3]), k*halo_velocity(radius, *g[2:]), rtol=1e-14)
    np.testing.assert_allclose(disc_velocity(1e8*g[1], *g[:2]), (G*g[0]/(1e8*g[1]))**.5, rtol=1e-14)

@quick
@given(st.lists(galaxy, min_size=1, max_size=12), st.randoms(use_true_random=False), st.sampled_from(['exact', 'table']))
def test_the_order_of_galaxies_does_not_matter(galaxies, random, method):
    radius, shuffled = np.array([0., 7., .3, 50.]), random.sample(galaxies, len(galaxies))
    a = {g: v for g, v in zip(galaxies, simulate(radius, *np.array(galaxies).T, method=method))}
    for g, v in zip(shuffled, simulate(radius, *np.array(shuffled).T, method=method)): np.testing.assert_allclose(v, a[g], rtol=1e-14)

@pytest.mark.parametrize('method', ['table', 'compiled'])
@pytest.mark.parametrize('dtype, tolerance', [(np.float64, 1e-14), (np.float32, 1e-6)])
def test_bulk_equals_exact_for_all_kinds_of_galaxies(method, dtype, tolerance):
    if method == 'compiled': pytest.importorskip('numba')
    rng, n = np.random.default_rng(3), 20_000
    g = [10**rng.uniform(a, b, n) for a, b in ((6, 13), (-2, 3), (8, 15), (0, 2))]
    for radius in (np.geomspace(.1, 50, 50), np.sort(rng.uniform(0, 300, 17)), np.array([12.])):
        np.testing.assert_allclose(simulate(radius, *g, method=method, dtype=dtype), rotation_curve(radius, *g), rtol=tolerance)

@pytest.mark.parametrize('method', ['exact', 'table'])
def test_extra_memory_does_not_grow_with_the_number_of_galaxies(method):
    import tracemalloc
    radius, out = np.geomspace(.1, 50, 50), np.empty((40_000, 50))
    def extra(n):
        g = np.full((4, n), [[1e10], [3.], [1e12], [9.]])
        simulate(radius, *g, method=method, out=out[:n])
        tracemalloc.start()
        simulate(radius, *g, method=method, out=out[:n])
        peak = tracemalloc.get_traced_memory()[1]; tracemalloc.stop()
        return peak - 16*8*n      # the parameters' own copies: a few numbers for each galaxy, not a few for each point
    assert extra(40_000) < 2*extra(10_000) + 5e6

@pytest.mark.parametrize('make', [np.asarray, torch.tensor], ids=['numpy', 'torch'])
@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('bad', [float('nan'), float('inf'), -1.])
def test_bad_numbers_are_named(make, name, bad):
    arguments = dict(zip(NAMES, map(make, (8., 5e10, 3., 1e12, 9.8, 70., 200.)))) | {name: make([1., bad])}
    with pytest.raises(ValueError, match=f'{name} must be .*positive.*got {bad}'): rotation_curve(**arguments)
    if make is np.asarray:
        with pytest.raises(ValueError, match=f'{name} must be .*positive.*got {bad}'): simulate(**arguments)

@pytest.mark.parametrize('f, arguments', [(virial_radius, (-1.,)), (virial_velocity, (0.,)), (critical_density, (np.nan,)), (disc_enclosed_mass, (1., -1., 1.)),
                                          (halo_enclosed_mass, (1., 1., 0.)), (enclosed_mass, (-1., 1., 1., 1., 1.)), (disc_velocity, (1., [], 1.))])
def test_every_function_refuses_nonsense(f, arguments):
    with pytest.raises(ValueError, match='positive'): f(*arguments)

def test_the_compiled_loop_says_what_to_install(monkeypatch):
    from rotae import simulation
    simulation._kernel.cache_clear()
    monkeypatch.setitem(__import__('sys').modules, 'numba', None)
    with pytest.raises(ImportError, match=r"pip install 'rotae\[numba\]'"): simulate([1., 2.], 1e10, 3., 1e12, 9., method='compiled')
