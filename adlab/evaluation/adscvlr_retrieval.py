"""`reproduce adscvlr --part retrieval`: Table 4 on Flickr8k photos that nobody judged, one caption each."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from adlab.checkpoints.relevance_student import load_student
from adlab.checkpoints.store import list_checkpoints
from adlab.data.flickr8k import read_flickr8k
from adlab.data.flickr8k_judgements import image_key, retrieval_set
from adlab.encoders.mobilenet import MAP_CHANNELS
from adlab.evaluation.adscvlr_settings import STUDENT, AdsCVLRReproduction
from adlab.evaluation.relevance import all_products, asked_all, teacher_grades
from adlab.evaluation.relevance_tests import Gallery, captioned, gallery_of, measure_retrieval
from adlab.features.stored import Progress, no_progress
from adlab.training.agreement_run import joint_text_map
from adlab.training.picture_vectors import Pictures
from adlab.training.relevance_data import FLICKR8K
from adlab.training.student_classroom import Classroom, meet

# AdsCVLR, Table 4, zero-shot, percent: Flickr30k (1K) and MSCOCO (5K); R@1, R@5, R@10.
PAPER = {
    "Flickr30k (1K)": {"image→text": (70.6, 91.2, 96.2), "text→image": (52.3, 80.1, 87.9)},
    "MSCOCO (5K)": {"image→text": (53.5, 81.7, 89.2), "text→image": (37.1, 68.3, 79.3)},
}


def reproduce_retrieval(how: AdsCVLRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Recall of AdsCVLR, of its student where it ships, and of the image encoder's joint space, in one gallery.

    Args:
        how: Data, checkpoint and size of the gallery; a stopped call goes on where it was.
        progress: Called with (pairs done, pairs to do).

    Returns:
        Plain JSON: `rows`, each with its name and measures; `photos` asked about, of `unjudged` that there are.

    Raises:
        DataUnavailableError: Flickr8k is missing.
        UnknownNameError: The checkpoint is not there.
    """
    room = meet(how.teacher, None, how.device, progress)
    collection = read_flickr8k(how.data / FLICKR8K)
    gallery = gallery_of(collection, how.gallery, 1, how.seed)
    files = {image_key(name): collection.path(name) for name in gallery.names}
    inside = room._replace(pictures=Pictures(files, {}))
    found = {
        "AdsCVLR, asked about every pair": asked_all(partial(teacher_grades, room), files, gallery),
        "joint space of the encoders": joint_similarity(inside, gallery),
    }
    if STUDENT in list_checkpoints():
        encoders = {"image": room.image_encoder.spec.encoder_id, "text": room.text_encoder.spec.encoder_id}
        found["two-tower student"] = all_products(room, load_student(STUDENT, encoders).network, files, gallery)
    rows = [
        {"name": name, "measures": [asdict(measure) for measure in measure_retrieval(similarity, gallery)]}
        for name, similarity in found.items()
    ]
    unjudged = len(retrieval_set(collection).names)
    return {"rows": rows, "photos": len(gallery.names), "unjudged": unjudged, "paper": PAPER}


def joint_similarity(room: Classroom, gallery: Gallery) -> np.ndarray:
    """Cosine of photos and captions in the joint space, (photos, captions)."""
    flat = [caption for captions in gallery.captions for caption in captions]
    photos = room.vectors([captioned(name, flat[0]) for name in gallery.names])
    texts = room.vectors([captioned(gallery.names[0], caption) for caption in flat])
    with torch.inference_mode():
        image = photos.of(torch.arange(len(photos)))[1].image[:, MAP_CHANNELS:]
        text = joint_text_map(room.image_encoder)(texts.of(torch.arange(len(texts)))[0])
        found: np.ndarray = (F.normalize(image, dim=1) @ F.normalize(text, dim=1).T).double().numpy()
    return found
