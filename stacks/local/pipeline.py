"""Trains a classifier of iris flowers and evaluates it, on whatever stack it is given.

    flowyml-infra run pipeline.py
    flowyml-infra run pipeline.py --param epochs=500

The model is a softmax regression by gradient descent, in plain Python: small enough to read, and good enough for 150
flowers.
"""

import csv
import math
import random
from pathlib import Path

from flowyml_infra import Pipeline, context, log_metric, step

DATA = Path(__file__).parent / "data" / "iris.csv"
FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")


@step(outputs=["flowers"])
def load(data):
    """The measurements in centimetres with the species of each flower."""
    with data.open(newline="") as file:
        return [
            {"x": [float(row[name]) for name in FEATURES], "species": row["species"]} for row in csv.DictReader(file)
        ]


@step(inputs=["flowers"], outputs=["training", "held_out"])
def split(flowers, seed, test_share):
    """Put the same share of every species aside, chosen by ``seed``."""
    chance = random.Random(seed)
    training, held_out = [], []
    for species in sorted({flower["species"] for flower in flowers}):
        group = [flower for flower in flowers if flower["species"] == species]
        chance.shuffle(group)
        cut = round(len(group) * test_share)
        held_out += group[:cut]
        training += group[cut:]
    return training, held_out


@step(inputs=["training"], outputs=["model"])
def train(training, epochs, learning_rate):
    """Fit one weight vector per species, its bias last, on features scaled to mean 0 and deviation 1."""
    columns = list(zip(*(flower["x"] for flower in training), strict=True))
    means = [sum(column) / len(column) for column in columns]
    scales = [
        math.sqrt(sum((v - m) ** 2 for v in column) / len(column)) for column, m in zip(columns, means, strict=True)
    ]
    species = sorted({flower["species"] for flower in training})
    weights = [[0.0] * (len(means) + 1) for _ in species]
    model = {"species": species, "means": means, "scales": scales, "weights": weights}
    examples = [(scaled(model, flower["x"]), species.index(flower["species"])) for flower in training]
    for epoch in range(epochs):
        slopes = [[0.0] * (len(means) + 1) for _ in species]
        loss = 0.0
        for x, truth in examples:
            guesses = probabilities(weights, x)
            loss -= math.log(guesses[truth]) / len(examples)
            for index, probability in enumerate(guesses):
                error = probability - (index == truth)
                slopes[index] = [slope + error * value for slope, value in zip(slopes[index], x, strict=True)]
        for row, slope_row in zip(weights, slopes, strict=True):
            row[:] = [w - learning_rate * slope / len(examples) for w, slope in zip(row, slope_row, strict=True)]
        if epoch % 20 == 0 or epoch == epochs - 1:
            log_metric("loss", loss)
    return model


@step(inputs=["model", "held_out"], outputs=["evaluation"])
def evaluate(model, held_out):
    """How often the model is right about flowers it has not seen, and what it takes for what."""
    confusion = {truth: dict.fromkeys(model["species"], 0) for truth in model["species"]}
    for flower in held_out:
        guesses = probabilities(model["weights"], scaled(model, flower["x"]))
        confusion[flower["species"]][model["species"][guesses.index(max(guesses))]] += 1
    accuracy = sum(confusion[name][name] for name in model["species"]) / len(held_out)
    log_metric("accuracy", accuracy)
    return {"accuracy": accuracy, "tested": len(held_out), "confusion": confusion}


def scaled(model, x):
    """``x`` as the model sees it, with a 1 for the bias."""
    return [(v - m) / s for v, m, s in zip(x, model["means"], model["scales"], strict=True)] + [1.0]


def probabilities(weights, x):
    """The probability of each species for the scaled features ``x``."""
    scores = [sum(w * v for w, v in zip(row, x, strict=True)) for row in weights]
    powers = [math.exp(score - max(scores)) for score in scores]
    return [power / sum(powers) for power in powers]


pipeline = Pipeline("iris", context=context(data=DATA, seed=42, test_share=0.3, epochs=200, learning_rate=0.5))
for each in (load, split, train, evaluate):
    pipeline.add_step(each)

if __name__ == "__main__":
    result = pipeline.run().raise_for_status()
    print(result.outputs["evaluation"])
