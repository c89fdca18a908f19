# SPDX-License-Identifier: MIT
"""What scripts/lint must find, and what it must leave alone."""

import subprocess
import tempfile
import unittest
from pathlib import Path

LINT = Path(__file__).resolve().parents[2] / "scripts" / "lint"

BAD = {
    "condition": [
        "if (co_await x()) { y(); }",
        "if (co_await x() == 3) { y(); }",
        "if (!(co_await x())) { y(); }",
        "if (a &&\n    co_await x()) { y(); }",
        "if (int n = a(); co_await x()) { y(n); }",
        "if (n == co_await x()) { y(); }",
        "while (co_await x()) { y(); }",
        "do { y(); } while (co_await x() < 3);",
        "for (; co_await x() < 3;) { y(); }",
        "for (int i = 0; i < 3; i = co_await x()) { y(); }",
        "switch (co_await x()) { case 1: break; }",
        "auto t = [] () -> Task<void> { if (co_await x()) { y(); } };",
        "spawn([](int n) -> Task<void> { if (n) { while (co_await x()) {} } }, 1);",
    ],
    "ternary": [
        "int n = flag ? co_await x() : 0;",
        "int n = co_await x() ? 1 : 2;",
        "co_await (flag ? Aw(1) : Aw(2));",
    ],
    "braces": [
        "auto t = std::tuple{co_await a(), co_await b()};",
        "Point p{co_await a(), 1};",
        "co_return {co_await a(), 1};",
        "f({co_await a()});",
    ],
    "capture": [
        "co_await call([s] { return s; });",
        "co_await call([s = std::move(s)]() mutable { return s; });",
        "auto r = co_await call(1,\n    [&a, b](int n) { return a + b + n; });",
        "co_await [s]() -> Task<void> { co_return; }();",
        "co_await call([=] { return s; });",
    ],
    "argument": [
        'co_await f({.host = "x"});',
        "co_await f(1,\n    {2, 3});",
    ],
}

GOOD = [
    "bool b = co_await x();",
    "if (b) { co_await x(); }",
    "if (b) co_await x();",
    "if (int n = co_await x(); n == 1) { y(); }",
    "while (auto n = co_await x()) { y(); }",
    "if (const Result<int> r = co_await x(); r) { y(); }",
    "for (auto n = co_await x(); n < 3; ++n) { y(); }",
    "for (auto& n : co_await x()) { y(); }",
    "for (;;) { int n = co_await x(); if (n == 3) { break; } }",
    "auto f = [s] { return s; }; co_await call(std::move(f));",
    "auto t = call([s] { return s; }); co_await std::move(t);",
    "co_await call([&] { return s; });",
    "co_await call([this, &s] { return s; });",
    "co_await f(names[i](), a[0]);",
    "co_await sleep(std::chrono::milliseconds{5});",
    "int n = flag ? 1 : 2; co_await x();",
    "auto t = spawn([s]() -> Task<void> { co_await x(s); });",
    "std::tuple t{[]() -> Task<int> { co_return co_await x(); }};",
    "// if (co_await x()) in a comment",
    'print("if (co_await x())");',
    "// lint: allow it is a test\nif (co_await x()) { y(); }",
    "if (co_await x()) { y(); }  // lint: allow it is a test",
    "switch (n) { case 1: co_await x(); break; default: { co_await y(); } }",
    "try { co_await x(); } catch (...) { y(); }",
    "auto& [a, b] = r; co_await x();",
]


class Lint(unittest.TestCase):
    def lint(self, code, suffix=".cpp"):
        with tempfile.NamedTemporaryFile("w", suffix=suffix) as file:
            file.write(code)
            file.flush()
            run = subprocess.run([LINT, file.name], capture_output=True, text=True, check=False)
        self.assertEqual(run.stderr, "")
        self.assertEqual(run.returncode, 1 if run.stdout else 0)
        return [line.split(": ")[:2] for line in run.stdout.splitlines()], run.stdout

    def in_coroutine(self, code):
        return "namespace n {\nTask<void> Type::f(int a) {\n" + code + "\nco_return;\n}\n}\n"

    def test_bad_forms_are_found(self):
        for rule, forms in BAD.items():
            for form in forms:
                with self.subTest(form):
                    faults, _ = self.lint(self.in_coroutine(form))
                    self.assertEqual([fault[1] for fault in faults], [rule])

    def test_good_forms_are_left_alone(self):
        for form in GOOD:
            with self.subTest(form):
                self.assertEqual(self.lint(self.in_coroutine(form))[1], "")

    def test_line_numbers_are_those_of_co_await(self):
        _, output = self.lint(self.in_coroutine("y();\nif (a &&\n    co_await x()) { y(); }"))
        self.assertIn(":5: condition", output)

    def test_only_the_code_of_markdown_is_read(self):
        text = "if (co_await x()) {}\n```cpp\nif (co_await x()) {}\n```\nif (co_await x()) {}\n"
        faults, output = self.lint(text, ".md")
        self.assertEqual(len(faults), 1)
        self.assertIn(":3: condition", output)


if __name__ == "__main__":
    unittest.main()
