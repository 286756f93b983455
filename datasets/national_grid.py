"""Between the National Grid (easting, northing, of STATS19) and latitude and longitude in WGS84.

Formulas and constants: Ordnance Survey, *A guide to coordinate systems in Great Britain*, annexes B and C
(transverse Mercator on the Airy 1830 ellipsoid; a Helmert transformation between OSGB36 and WGS84). The Helmert
transformation is good to about five metres, where the survey's own grid of corrections (OSTN15) is not needed:
places of collisions are recorded to ten metres at best.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_AIRY: Final = (6_377_563.396, 6_356_256.909)
_WGS84: Final = (6_378_137.0, 6_356_752.314245)
_SCALE: Final = 0.9996012717
_LATITUDE_0, _LONGITUDE_0 = np.radians(49.0), np.radians(-2.0)
_EAST_0, _NORTH_0 = 400_000.0, -100_000.0
# From WGS84 to OSGB36: metres, arc seconds, parts per million.
_SHIFT: Final = np.array([-446.448, 125.157, -542.060])
_TURN: Final = np.radians(np.array([-0.1502, -0.2470, -0.8421]) / 3600)
_STRETCH: Final = 20.4894e-6


def to_wgs84(easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude in degrees of grid places in metres; a missing place (nan) stays missing."""
    latitude, longitude = osgb36_of_grid(easting, northing)
    rotation = np.linalg.inv(_matrix())
    return _geodetic(rotation @ (_cartesian(latitude, longitude, _AIRY) - _SHIFT[:, None]), _WGS84)


def to_grid(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """Easting and northing in metres of WGS84 places in degrees; a missing place (nan) stays missing."""
    moved = _matrix() @ _cartesian(latitude, longitude, _WGS84) + _SHIFT[:, None]
    return grid_of_osgb36(*_geodetic(moved, _AIRY))


def osgb36_of_grid(easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude on the grid's own datum, in degrees."""
    a, _ = _AIRY
    east = np.asarray(easting, dtype=np.float64) - _EAST_0
    north = np.asarray(northing, dtype=np.float64)
    phi = np.full(np.shape(north), _LATITUDE_0)
    # Each round is off by a thousandth of the one before: six are far below a tenth of a millimetre.
    for _ in range(6):
        phi = phi + (north - _NORTH_0 - _arc(phi)) / (a * _SCALE)
    nu, rho, eta2 = _radii(phi)
    tan, sec = np.tan(phi), 1 / np.cos(phi)
    latitude = (
        phi
        - east**2 * tan / (2 * rho * nu)
        + east**4 * tan / (24 * rho * nu**3) * (5 + 3 * tan**2 + eta2 - 9 * tan**2 * eta2)
        - east**6 * tan / (720 * rho * nu**5) * (61 + 90 * tan**2 + 45 * tan**4)
    )
    longitude = (
        _LONGITUDE_0
        + east * sec / nu
        - east**3 * sec / (6 * nu**3) * (nu / rho + 2 * tan**2)
        + east**5 * sec / (120 * nu**5) * (5 + 28 * tan**2 + 24 * tan**4)
        - east**7 * sec / (5040 * nu**7) * (61 + 662 * tan**2 + 1320 * tan**4 + 720 * tan**6)
    )
    return np.degrees(latitude), np.degrees(longitude)


def grid_of_osgb36(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """Easting and northing of places on the grid's own datum, in metres."""
    phi = np.radians(np.asarray(latitude, dtype=np.float64))
    apart = np.radians(np.asarray(longitude, dtype=np.float64)) - _LONGITUDE_0
    nu, rho, eta2 = _radii(phi)
    sin, cos, tan2 = np.sin(phi), np.cos(phi), np.tan(phi) ** 2
    northing = (
        _arc(phi)
        + _NORTH_0
        + nu / 2 * sin * cos * apart**2
        + nu / 24 * sin * cos**3 * (5 - tan2 + 9 * eta2) * apart**4
        + nu / 720 * sin * cos**5 * (61 - 58 * tan2 + tan2**2) * apart**6
    )
    easting = (
        _EAST_0
        + nu * cos * apart
        + nu / 6 * cos**3 * (nu / rho - tan2) * apart**3
        + nu / 120 * cos**5 * (5 - 18 * tan2 + tan2**2 + 14 * eta2 - 58 * tan2 * eta2) * apart**5
    )
    return easting, northing


def _radii(phi: Floats) -> tuple[Floats, Floats, Floats]:
    """Radii of curvature across and along the meridian, scaled, and their excess (eta squared)."""
    a, b = _AIRY
    e2 = 1 - b**2 / a**2
    flat = 1 - e2 * np.sin(phi) ** 2
    nu = a * _SCALE / np.sqrt(flat)
    rho = a * _SCALE * (1 - e2) * flat**-1.5
    return nu, rho, nu / rho - 1


def _arc(phi: Floats) -> Floats:
    """Length of the meridian from the grid's origin, in metres."""
    a, b = _AIRY
    n = (a - b) / (a + b)
    less, more = phi - _LATITUDE_0, phi + _LATITUDE_0
    length: Floats = (
        b
        * _SCALE
        * (
            (1 + n + 5 / 4 * n**2 + 5 / 4 * n**3) * less
            - (3 * n + 3 * n**2 + 21 / 8 * n**3) * np.sin(less) * np.cos(more)
            + (15 / 8 * n**2 + 15 / 8 * n**3) * np.sin(2 * less) * np.cos(2 * more)
            - 35 / 24 * n**3 * np.sin(3 * less) * np.cos(3 * more)
        )
    )
    return length


def _matrix() -> Floats:
    rx, ry, rz = _TURN
    one = 1 + _STRETCH
    return np.array([[one, -rz, ry], [rz, one, -rx], [-ry, rx, one]])


def _cartesian(latitude: Floats, longitude: Floats, ellipsoid: tuple[float, float]) -> Floats:
    a, b = ellipsoid
    phi = np.radians(np.atleast_1d(np.asarray(latitude, dtype=np.float64)))
    lam = np.radians(np.atleast_1d(np.asarray(longitude, dtype=np.float64)))
    e2 = 1 - b**2 / a**2
    nu = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    return np.stack(
        [nu * np.cos(phi) * np.cos(lam), nu * np.cos(phi) * np.sin(lam), (1 - e2) * nu * np.sin(phi)]
    )


def _geodetic(xyz: Floats, ellipsoid: tuple[float, float]) -> tuple[Floats, Floats]:
    a, b = ellipsoid
    x, y, z = xyz
    e2 = 1 - b**2 / a**2
    across = np.hypot(x, y)
    phi = np.arctan2(z, across * (1 - e2))
    for _ in range(4):
        nu = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + e2 * nu * np.sin(phi), across)
    return np.degrees(phi), np.degrees(np.arctan2(y, x))
