"""Learning from a teacher: features by cosine, classes by divergence (Hinton et al. 2015), scores by squared error."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import InputError
from adlab.losses.shapes import check_positive, check_same_shape, check_vectors


class FeatureDistillationLoss(nn.Module):
    """1 − cos(student, teacher) of pooled features, batch mean, from 0 to 2; the teacher gets no gradient."""

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            student: Pooled features of the student, (B, D).
            teacher: Pooled features of the teacher for the same images, (B, D).

        Returns:
            Scalar.

        Raises:
            InputError: The shapes differ or are not (B, D).
        """
        check_same_shape(student=student, teacher=teacher)
        return (1 - F.cosine_similarity(student, teacher.detach(), dim=1)).mean()


class ClassDistillationLoss(nn.Module):
    """Divergence of the student's class distribution from the teacher's, both softened by a temperature.

        L = T² · KL( softmax(teacher/T) ‖ softmax(student/T) ),   batch mean

    T² keeps the gradient's size independent of the temperature (Hinton et al. 2015, §2). The teacher gets no
    gradient.

    Args:
        temperature: T, above 0.

    Raises:
        ConfigError: The temperature is not above 0.
    """

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        check_positive("temperature", temperature)
        self.temperature = temperature

    def forward(self, student_logits: Tensor, teacher_logits: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            student_logits: (B, C).
            teacher_logits: (B, C), of the same images and classes.

        Returns:
            Scalar, 0 or more.

        Raises:
            InputError: The shapes differ or are not (B, C).
        """
        check_same_shape(student_logits=student_logits, teacher_logits=teacher_logits)
        student = F.log_softmax(student_logits / self.temperature, dim=1)
        teacher = F.log_softmax(teacher_logits.detach() / self.temperature, dim=1)
        divergence = F.kl_div(student, teacher, log_target=True, reduction="batchmean")
        return divergence * self.temperature**2


class ScoreDistillationLoss(nn.Module):
    """Squared error of the student's score against the teacher's soft score (AdsCVLR, §5.6), batch mean.

    L = 1/N · Σ_n (sigmoid(logit_n) − score_n)²
    """

    def forward(self, student_logits: Tensor, teacher_scores: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            student_logits: (B,), before the sigmoid.
            teacher_scores: (B,), 0–1, for example P(grade ≥ 1); the teacher gets no gradient.

        Returns:
            Scalar, 0–1.

        Raises:
            InputError: The shapes differ or are not (B,), or a score is outside 0–1.
        """
        check_vectors(student_logits=student_logits, teacher_scores=teacher_scores)
        if not 0 <= teacher_scores.min() <= teacher_scores.max() <= 1:
            low, high = teacher_scores.min().item(), teacher_scores.max().item()
            raise InputError(f"teacher_scores go from {low:g} to {high:g}; give probabilities, 0–1, not logits.")
        return F.mse_loss(student_logits.float().sigmoid(), teacher_scores.detach().float())
