"""Settings: where they come from, and what is said of those that are not right."""

import re
import tomllib

import pytest

from outlay.errors import ConfigError, NotFoundError
from outlay.pipeline.config import from_mapping, gather, load_config
from outlay.pipeline.config_text import effective, template
from outlay.pipeline.config_tree import catalogue
from outlay.pipeline.settings import Config


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Work in a folder without a settings file."""
    monkeypatch.chdir(tmp_path)


def written(tmp_path, text, name="outlay.toml"):
    """Return a settings file with this text."""
    path = tmp_path / name
    path.write_text(text)
    return path


def test_nothing_given_is_the_default():
    """Without file, environment and flags every setting is the default."""
    loaded = gather(environ={})

    assert loaded.config == Config()
    assert loaded.origins == {}


def test_flag_goes_before_environment_before_file_before_default(tmp_path):
    """Of the four places the one nearest to the call wins, setting by setting."""
    path = written(tmp_path, "[forest]\nseed = 1\nn_trees = 11\nmax_samples = 12\n")
    environ = {"OUTLAY_FOREST__SEED": "2", "OUTLAY_FOREST__N_TREES": "22"}

    loaded = gather(path, environ, {"forest.seed": ("--seed", 3)})

    forest = loaded.config.forest
    assert (forest.seed, forest.n_trees, forest.max_samples) == (3, 22, 12)
    assert forest.train_rows == Config().forest.train_rows
    assert loaded.origins == {
        "forest.seed": "--seed",
        "forest.n_trees": "OUTLAY_FOREST__N_TREES",
        "forest.max_samples": f"{path}, line 4",
    }


def test_file_in_the_current_folder_is_found(tmp_path):
    """outlay.toml counts where no file is named, and a named file takes its place."""
    written(tmp_path, 'history = "full"')
    other = written(tmp_path, "", "other.toml")

    assert load_config(environ={}).history == "full"
    assert load_config(other, {}).history == "past"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("rate = 0.02", 0.02),
        ('rate = "2%"', 0.02),
        ('rate = " 0.5 % "', 0.005),
        ("rate = 0.5", 0.5),
    ],
)
def test_rate_may_be_said_in_per_cent(tmp_path, text, value):
    """A share is a number, or a text in per cent."""
    path = written(tmp_path, f"[alerts]\n{text}")

    assert load_config(path, {}).alerts.rate == pytest.approx(value)


@pytest.mark.parametrize("value", ["0", "-1%", "0.51", "51%", "nan", "inf", "much", "5 % off", "%"])
def test_rate_outside_its_range_is_refused(value):
    """A share of nothing, of more than half, or that is no number is no alert budget."""
    with pytest.raises(
        ConfigError, match=r"--alert-rate is .*; it takes a number above 0 and up to 0.5"
    ):
        load_config(environ={}, flags={"alerts.rate": ("--alert-rate", value)})


@pytest.mark.parametrize("value", ["0", "-3", "nan", "x"])
def test_alerts_a_day_are_more_than_none(value):
    """A number of alerts a day is above zero."""
    with pytest.raises(
        ConfigError, match=r"OUTLAY_ALERTS__PER_DAY is .*; it takes a number above 0"
    ):
        load_config(environ={"OUTLAY_ALERTS__PER_DAY": value})


def test_budget_of_the_flag_replaces_the_other_kind_in_the_file(tmp_path):
    """A rate on the command line is not overruled by alerts a day in the file, nor the reverse."""
    per_day = written(tmp_path, "[alerts]\nper_day = 50", "a.toml")
    rate = written(tmp_path, "[alerts]\nrate = 0.1", "b.toml")

    by_rate = load_config(per_day, {}, {"alerts.rate": ("--alert-rate", "1%")}).alerts
    by_day = load_config(rate, {}, {"alerts.per_day": ("--alerts-per-day", "7")}).alerts

    assert (by_rate.rate, by_rate.per_day) == (0.01, None)
    assert (by_day.rate, by_day.per_day) == (Config().alerts.rate, 7.0)


def test_two_budgets_in_one_place_are_refused():
    """A rate and a number a day at once contradict each other."""
    flags = {"alerts.rate": ("--alert-rate", "1%"), "alerts.per_day": ("--alerts-per-day", "7")}

    with pytest.raises(ConfigError, match="both --alert-rate and --alerts-per-day set"):
        load_config(environ={}, flags=flags)


def test_all_problems_are_told_at_once(tmp_path):
    """Each problem has its file and line, or its variable or flag, and the nearest name."""
    path = written(
        tmp_path, 'histry = "past"\n\n[alerts]\nrate = 5\nper_dya = 3\n\n[forest]\nn_trees = "x"\n'
    )

    with pytest.raises(ConfigError) as error:
        load_config(path, {"OUTLAY_ALERT__RATE": "1"}, {"history": ("--history", "future")})

    assert str(error.value) == (
        "6 settings are not right:\n"
        f"  {path}, line 1: there is no setting 'histry'. Did you mean 'history'?\n"
        f"  {path}, line 4: alerts.rate is 5; it takes a number above 0 and up to 0.5, "
        'or in per cent as "0.5%"\n'
        f"  {path}, line 5: there is no setting 'alerts.per_dya'. Did you mean 'alerts.per_day'?\n"
        f"  {path}, line 8: forest.n_trees is 'x'; it takes a whole number from 1 up to 10,000\n"
        "  OUTLAY_ALERT__RATE: there is no setting 'alert.rate'. "
        "Did you mean 'OUTLAY_ALERTS__RATE'?\n"
        "  --history is 'future'; it takes 'full' or 'past'\n\n"
        "Hint: outlay config show lists every setting, outlay config init explains them."
    )


def test_group_is_no_value(tmp_path):
    """A group that is given a value is told as unknown, not taken for its settings."""
    with pytest.raises(ConfigError, match=r"line 1: there is no setting 'alerts'"):
        load_config(written(tmp_path, "alerts = 3"), {})


def test_columns_of_all_places_come_together(tmp_path):
    """Mappings add up, the nearer place winning for each column."""
    path = written(tmp_path, '[input.columns]\nuser_id = "A"\namount = "B"\n')

    loaded = gather(
        path,
        {"OUTLAY_INPUT__COLUMNS__AMOUNT": "C"},
        {"input.columns.timestamp": ("--map", "D")},
    )

    assert loaded.config.input.columns == {"user_id": "A", "amount": "C", "timestamp": "D"}


def test_debug_is_no_setting():
    """OUTLAY_DEBUG is for the command line alone."""
    assert load_config(environ={"OUTLAY_DEBUG": "1"}) == Config()


def test_paths_in_a_file_are_relative_to_it(tmp_path):
    """A pack beside the settings file is found from wherever the command is called."""
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "mine.toml").write_text("")
    path = written(folder, '[rules]\npack = "mine.toml"\n')

    assert load_config(path, {}).rules.pack == str(folder / "mine.toml")
    assert load_config(written(folder, '[rules]\npack = "wallet"'), {}).rules.pack == "wallet"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"history = past", "is no TOML: .*line 1"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"#" * (1 << 20) + b"#", "longer than 1,048,576 bytes"),
    ],
    ids=["toml", "encoding", "size"],
)
def test_file_that_is_none_is_refused(tmp_path, content, words):
    """A file that cannot be settings says why."""
    path = tmp_path / "x.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=words):
        load_config(path, {})


def test_missing_file_is_told(tmp_path):
    """A file that was named and is not there is an error, unlike the one that is looked for."""
    with pytest.raises(
        NotFoundError, match=r"there is no settings file .*\n\nHint: outlay config init"
    ):
        load_config(tmp_path / "none.toml", {})


def test_effective_settings_say_where_they_come_from(tmp_path):
    """What is shown is TOML again, each value with its origin."""
    path = written(tmp_path, '[input]\ncolumns = {user_id = "A \\"B\\""}\ncurrency = "EUR"\n')
    loaded = gather(path, {"OUTLAY_DASHBOARDS__USERS": "5"})

    text = effective(loaded)

    lines = {line.split(" = ")[0]: line for line in text.splitlines()}
    assert lines["users"].endswith("# OUTLAY_DASHBOARDS__USERS")
    assert lines["currency"].endswith(f"# {path}, line 3")
    assert lines["history"].endswith("# default")
    assert from_mapping(tomllib.loads(text)) != Config()
    shown = tomllib.loads(text)
    assert shown["input"]["columns"] == {"user_id": 'A "B"'}
    assert shown["dashboards"]["users"] == 5


def test_template_changes_nothing_and_explains_everything(tmp_path):
    """The file to begin with is valid, is all defaults, and names every setting."""
    text = template()
    uncommented = "\n".join(
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in text.splitlines()
    )
    values = tomllib.loads(uncommented)

    assert load_config(written(tmp_path, text), {}) == Config()
    for key in catalogue():
        group, _, name = key.rpartition(".")
        assert name in (values[group] if group else values), key


def test_every_setting_has_a_meaning():
    """No setting is left unexplained; those of the policy stand in its docstring."""
    unexplained = [key for key, setting in catalogue().items() if not setting.meaning]

    assert all(key.startswith("policy.") for key in unexplained)


def test_keywords_of_a_library_call_are_checked_alike():
    """Settings in Python have the same names, ranges and words."""
    assert from_mapping({"alerts": {"rate": "1%"}}).alerts.rate == 0.01
    with pytest.raises(
        ConfigError, match=r"the settings: there is no setting 'alerts.rat'.*alerts.rate"
    ):
        from_mapping({"alerts": {"rat": 0.1}})


def test_parameters_of_the_rules_are_numbers_from_any_place(tmp_path):
    """A pack's numbers come from file, environment and flag, the nearer place winning for each."""
    path = written(
        tmp_path, "[rules.parameters]\nhigh_amount = 2000\nmultiplier = 3\nmin_history = 5\n"
    )

    loaded = gather(
        path,
        {"OUTLAY_RULES__PARAMETERS__MULTIPLIER": "4.5"},
        {"rules.parameters.min_history": ("--rule-parameter", "7")},
    )

    assert loaded.config.rules.parameters == {
        "high_amount": 2000.0, "multiplier": 4.5, "min_history": 7.0
    }  # fmt: skip
    assert loaded.origins["rules.parameters.multiplier"] == "OUTLAY_RULES__PARAMETERS__MULTIPLIER"
    assert tomllib.loads(effective(loaded))["rules"]["parameters"]["multiplier"] == 4.5


@pytest.mark.parametrize(
    ("environ", "flags", "message"),
    [
        (
            {"OUTLAY_RULES__PARAMETERS__HIGH_AMOUNT": "much"}, {},
            "OUTLAY_RULES__PARAMETERS__HIGH_AMOUNT is 'much'; it takes a number",
        ),
        (
            {}, {"rules.parameters.high_amount": ("--rule-parameter", "")},
            "--rule-parameter is ''; it takes a number",
        ),
        (
            {}, {"rules.parameters": ("--rule-parameter", "5")},
            "--rule-parameter is '5'; it takes a table of numbers",
        ),
    ],
)  # fmt: skip
def test_parameters_that_are_no_numbers_are_refused(environ, flags, message):
    """A value for a pack's number that is none is told with where it came from."""
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}\n"):
        load_config(environ=environ, flags=flags)
