"""What is minimised: weighted residuals of many spectra, each a column, under one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sscell.circuit.model import ImpedanceModel
from sscell.fit.order import Order
from sscell.fit.space import SearchSpace

# Rows are added, with weight 0, up to a multiple of this, so that spectra of about the same length share compiled
# code, which also goes through so many rows at a time.
ROWS_STEP = 8


@dataclass(frozen=True, eq=False)
class SpectrumBatch:
    """S spectra side by side: omega (F, 1) if all have one grid, else (F, S); z complex (F, S); weights (F, S) real.

    real_weight, imaginary_weight: one over the standard deviation (or what stands for it) of Re Z and Im Z; 0 leaves a
    point out. loss_scale: (S,) residual beyond which the robust loss turns linear; None: least squares.
    """

    omega: np.ndarray
    z: np.ndarray
    real_weight: np.ndarray
    imaginary_weight: np.ndarray
    loss_scale: np.ndarray | None = None

    @property
    def count(self) -> int:
        return self.z.shape[1]

    @property
    def rows(self) -> int:
        return self.z.shape[0]

    def stacked(self) -> np.ndarray:
        """(4F + 1, S) what the compiled code needs of each spectrum, one array; `unstacked` takes it apart."""
        scale = np.full(self.count, np.inf) if self.loss_scale is None else self.loss_scale
        return np.concatenate([self.z.real, self.z.imag, self.real_weight, self.imaginary_weight, scale[None]])

    def only(self, which: np.ndarray) -> SpectrumBatch:
        """The batch of those spectra (their indices)."""
        return SpectrumBatch(
            self.omega if self.omega.shape[1] == 1 else self.omega[:, which],
            self.z[:, which],
            self.real_weight[:, which],
            self.imaginary_weight[:, which],
            None if self.loss_scale is None else self.loss_scale[which],
        )

    def every(self, stride: int) -> SpectrumBatch:
        """A coarser batch: every stride-th row."""
        rows = slice(stride // 2, None, stride)
        return padded(
            SpectrumBatch(
                self.omega[rows], self.z[rows], self.real_weight[rows], self.imaginary_weight[rows], self.loss_scale
            )
        )


def unstacked(data: Any) -> tuple[Any, ...]:
    """Re Z, Im Z, their weights (F, B) and the loss scale (B,) of `SpectrumBatch.stacked`."""
    rows = (data.shape[0] - 1) // 4
    return *(data[k * rows : (k + 1) * rows] for k in range(4)), data[-1]


@dataclass(frozen=True)
class Problem:
    """A model and its search space; order: time constants that must rise; robust: the loss grows linearly far out."""

    model: ImpedanceModel
    space: SearchSpace
    order: Order | None = None
    robust: bool = False


def padded(batch: SpectrumBatch) -> SpectrumBatch:
    """The batch with rows of weight 0 up to a multiple of ROWS_STEP."""
    missing = -batch.z.shape[0] % ROWS_STEP
    if missing == 0:
        return batch

    def with_rows(array: np.ndarray, value: Any) -> np.ndarray:
        return np.concatenate([array, np.full((missing, array.shape[1]), value, array.dtype)])

    return SpectrumBatch(
        with_rows(batch.omega, 1.0),
        with_rows(batch.z, 1.0),
        with_rows(batch.real_weight, 0.0),
        with_rows(batch.imaginary_weight, 0.0),
        batch.loss_scale,
    )
