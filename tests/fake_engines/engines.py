import json
import time


class First:
    """Finds the rows in their order; by meaning, the last ones."""

    PACKAGES = ()
    PARTNERS = False

    def __init__(self, count):
        self.count = count

    @classmethod
    def build(cls, folder, texts, vectors, language):
        (folder / "told.json").write_text(json.dumps([len(texts), list(vectors.shape), language]))

    @classmethod
    def open(cls, folder):
        return cls(json.loads((folder / "told.json").read_text())[0])

    def search(self, question, k):
        return list(range(min(k, self.count)))

    def near(self, question, k):
        return list(range(self.count))[::-1][:k]


class Slow(First):
    @classmethod
    def build(cls, folder, texts, vectors, language):
        time.sleep(60)


class Broken(First):
    def search(self, question, k):
        raise RuntimeError("no")


class Absent(First):
    PACKAGES = ("no_such_package",)
