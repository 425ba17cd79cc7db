"""How many voices there are and what each is like: spectral clustering of voiceprints, then merging."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class ClusterSettings:
    """How voices are grouped.

    Attributes
    ----------
    most : int
        Upper limit where the number of speakers is estimated.
    merge : float
        Voices whose centroids are more similar than this (cosine) are one.
    same : float
        The same limit where the user gave a number: only voices this similar are one all the same.
    extra : int
        With a given number, clusters made beyond it before the closest are merged.
    sample : int
        Voiceprints used for clustering; the rest is assigned to the nearest centroid.
    """

    most: int = 8
    merge: float = 0.5
    same: float = 0.65
    extra: int = 4
    sample: int = 1200


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """Rows scaled to length 1."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(norms, 1e-9)).astype(np.float32)


def find_voices(vectors: Vectors, settings: ClusterSettings, *, speakers: int | None) -> Vectors:
    """One centroid per voice.

    Asking for exactly the given number would split the main voice where somebody hardly speaks. So
    more clusters are made and the closest are merged, which makes `speakers` a hint, not an order.

    Parameters
    ----------
    vectors : ndarray, shape (n, size)
        Unit voiceprints, n > 0.
    settings : ClusterSettings
        See there.
    speakers : int or None
        Number given by the user.

    Returns
    -------
    ndarray, shape (voices, size)
        Unit vectors.
    """
    if speakers == 1:
        return unit(vectors.mean(axis=0, keepdims=True))
    sample = vectors[:: -(-len(vectors) // settings.sample)]
    labels = _spectral_labels(sample, speakers and speakers + settings.extra, settings.most)
    kinds, counts = np.unique(labels, return_counts=True)
    centroids = unit(np.stack([sample[labels == kind].mean(axis=0) for kind in kinds]))
    threshold, most = (settings.same, speakers) if speakers else (settings.merge, settings.most)
    centroids = _merge_close(centroids, counts.astype(float), threshold, most)
    for _ in range(2):
        centroids = _refine(vectors, centroids)
    return centroids


def _spectral_labels(vectors: Vectors, clusters: int | None, most: int) -> NDArray[np.int64]:
    """Cluster of each vector on the nearest-neighbour graph.

    Without `clusters`, the largest gap between the eigenvalues of the graph's Laplacian tells how many.
    Source of the method: von Luxburg, A tutorial on spectral clustering (2007).
    """
    count = len(vectors)
    if count < 4:
        return np.arange(count)
    similarity = np.maximum(vectors @ vectors.T, 0)
    neighbours = max(4, count // 10) if count > 40 else max(3, count // 4)
    graph = np.zeros_like(similarity)
    np.put_along_axis(graph, np.argsort(-similarity, axis=1, kind="stable")[:, :neighbours], 1, axis=1)
    graph = (graph + graph.T) / 2
    degree = graph.sum(axis=1)
    laplacian = np.eye(count) - graph / np.sqrt(np.outer(degree, degree))
    values, vectors_of_graph = np.linalg.eigh(laplacian)
    if clusters is None:
        clusters = 1 + int(np.diff(values[: most + 1]).argmax())
    return _k_means(unit(vectors_of_graph[:, :clusters]), min(clusters, count))


def _k_means(points: Vectors, clusters: int, tries: int = 10) -> NDArray[np.int64]:
    """Labels of the best of several k-means runs; the seed is fixed so that a run can be repeated."""
    from scipy.cluster.vq import kmeans2

    def run(seed: int) -> tuple[float, NDArray[np.int64]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a cluster may stay empty in a try
            centres, labels = kmeans2(points.astype(float), clusters, iter=50, minit="++", rng=seed)
        return float(((points - centres[labels]) ** 2).sum()), labels

    if clusters == 1:
        return np.zeros(len(points), np.int64)
    return min((run(seed) for seed in range(tries)), key=lambda result: result[0])[1]


def _merge_close(centroids: Vectors, weights: NDArray[np.float64], threshold: float, most: int) -> Vectors:
    """Merge the most similar pair until none is more similar than `threshold` and at most `most` are left."""
    while len(centroids) > 1:
        similarity = centroids @ centroids.T - 2 * np.eye(len(centroids))
        i, j = np.unravel_index(similarity.argmax(), similarity.shape)
        if similarity[i, j] < threshold and len(centroids) <= most:
            break
        centroids[i] = unit(weights[i] * centroids[i] + weights[j] * centroids[j])
        weights[i] += weights[j]
        centroids, weights = np.delete(centroids, j, axis=0), np.delete(weights, j)
    return centroids


def _refine(vectors: Vectors, centroids: Vectors) -> Vectors:
    """Centroids of the vectors nearest to each centroid."""
    nearest = (vectors @ centroids.T).argmax(axis=1)
    members = [vectors[nearest == k] for k in range(len(centroids))]
    means = [m.mean(axis=0) if len(m) else c for m, c in zip(members, centroids, strict=True)]
    return unit(np.stack(means))
