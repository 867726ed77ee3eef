"""The initialisers of an ONNX file as numpy arrays, by a protobuf reader of a few lines: needs no onnx package."""
import numpy as np

TYPES = {1: np.float32, 7: np.int64, 10: np.float16}  # TensorProto.DataType


def read_weights(path):
    """{name: array} of every initialiser with raw data (field 9)."""
    with open(path, "rb") as file: data = file.read()
    weights = {}
    graph = next(value for field, value in fields(data) if field == 7)
    for field, value in fields(graph):
        if field != 5: continue
        dims, name, raw, kind = [], "", b"", 0
        for key, part in fields(value):
            if key == 1: dims += list(varints(part)) if isinstance(part, bytes) else [part]
            elif key == 2: kind = part
            elif key == 8: name = part.decode()
            elif key == 9: raw = part
        if kind in TYPES: weights[name] = np.frombuffer(raw, TYPES[kind]).reshape(dims)
    return weights


def fields(data):
    """(field number, value) of one message: int for varints, bytes for the rest."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0: value, at = varint(data, at)
        elif kind == 1: value, at = data[at:at + 8], at + 8
        elif kind == 5: value, at = data[at:at + 4], at + 4
        else:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
        yield key >> 3, value


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128: return value, at


def varints(data):
    at = 0
    while at < len(data):
        value, at = varint(data, at)
        yield value
