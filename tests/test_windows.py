"""Where a long text is cut for the model."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher import parts
from matcher.encode import split_windows
from matcher.settings import Settings


def count_words(text):
    return len(text.split())


def test_a_text_that_fits_is_its_only_window_untouched():
    assert split_windows("Uno dos.\nTres cuatro.", 4, count_words) == ["Uno dos.\nTres cuatro."]


def test_neighbouring_windows_share_one_sentence():
    # A sentence takes 3 words and one place for the space between: two fill the room of 8.
    text = "Uno dos tres. Cuatro cinco seis. Siete ocho nueve. Diez once doce."
    assert split_windows(text, 8, count_words) == [
        "Uno dos tres. Cuatro cinco seis.",
        "Cuatro cinco seis. Siete ocho nueve.",
        "Siete ocho nueve. Diez once doce.",
    ]


def test_sentences_that_fill_a_window_alone_share_nothing():
    text = "Uno dos tres cuatro. Cinco seis siete ocho."
    assert split_windows(text, 4, count_words) == ["Uno dos tres cuatro.", "Cinco seis siete ocho."]


def test_no_window_only_repeats_the_end_of_the_one_before():
    # 3 + 3 words fill the first; with the 8 that follow, the second sentence would be over 10.
    text = "Uno dos tres. Cuatro cinco seis. Siete ocho nueve diez once doce trece catorce."
    assert split_windows(text, 10, count_words) == [
        "Uno dos tres. Cuatro cinco seis.",
        "Siete ocho nueve diez once doce trece catorce.",
    ]


def test_a_sentence_longer_than_a_window_is_cut_between_words():
    # 31 characters: the last space in the first half is the one behind "tres".
    text = "uno dos tres cuatro cinco seis."
    assert split_windows(text, 4, count_words) == ["uno dos tres", "cuatro cinco seis."]


def test_a_long_first_word_is_not_cut_for_the_words_behind_it():
    text = "electroencefalografista a b c"
    assert split_windows(text, 3, count_words) == ["electroencefalografista", "a b c"]


def test_only_a_word_longer_than_a_window_is_cut_and_no_letter_is_lost():
    # One token a letter, room for 4: 10 letters are halved twice.
    assert split_windows("abcdefghij", 4, len) == ["ab", "cde", "fg", "hij"]


SENTENCES = st.lists(st.integers(1, 25), min_size=1, max_size=12)


def numbered(lengths):
    """Return sentences of so many words, each word another one: `W0 w1 w2. W3 w4.`"""
    numbers = iter(range(sum(lengths)))
    return " ".join(" ".join(f"w{next(numbers)}" for _ in range(n)).capitalize() + "." for n in lengths)


@settings(max_examples=50, deadline=None)
@given(SENTENCES, st.integers(1, 30))
def test_every_word_is_in_a_window_in_order_and_no_window_is_over_the_limit(lengths, room):
    text = numbered(lengths)
    all_words = text.split()
    place = {word: i for i, word in enumerate(all_words)}
    windows = split_windows(text, room, count_words)
    reached = 0
    for window in windows:
        numbers = [place[word] for word in window.split()]  # a cut word would be unknown
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # a run without gaps
        assert len(numbers) <= room
        assert numbers[0] <= reached  # nothing left out since the window before
        assert numbers[-1] >= reached  # and something new
        reached = numbers[-1] + 1
    assert reached == len(all_words)


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from(list("abc. \nZ")), max_size=80), st.integers(2, 12))
def test_letters_survive_whatever_the_text(text, room):
    # One token a character: words longer than a window occur.
    windows = split_windows(text, room, len)
    assert all(len(window) <= room for window in windows)
    letters = "".join(text.split())
    assert set(letters) == set("".join("".join(windows).split()))
    reached = 0
    for window in windows:
        piece = "".join(window.split())
        starts = [i for i in range(reached + 1) if letters.startswith(piece, i)]
        assert starts, (windows, letters)
        reached = max(reached, starts[-1] + len(piece))
    assert reached == len(letters)


@pytest.mark.slow
def test_the_real_model_reads_every_window_whole():
    encoder = parts.open_model(Settings.read(os.environ))
    text = " ".join(f"El lote {i} de fibra de alpaca pierde {i % 7} puntos de color al lavado." for i in range(120))
    windows = encoder.windows(text)
    limit = encoder.length
    assert len(windows) > 1
    for window in windows:
        assert len(encoder.tokenizer.encode("passage: " + window).ids) <= limit
    assert windows[0].split(".")[0] == "El lote 0 de fibra de alpaca pierde 0 puntos de color al lavado"
    assert all(any(f"El lote {i} de" in window for window in windows) for i in range(120))
