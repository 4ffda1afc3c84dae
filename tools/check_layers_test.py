"""Plants wrong arrows in a small tree and sees tools/check_layers.py find each one, and nothing else."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parent / "check_layers.py"
TABLE = """## 3. Permitted arrows

| Module | may include | |
|---|---|---|
| base | – | |
| dns | base | |
| crypto | base | |
| spf | base dns | |
| system/json | assay/* | |
| bin | assay/* system/* | |
| testkit | assay/* | |

## 4. Next
"""
GOOD = {
    "docs/architecture.md": TABLE,
    "assay/base/CMakeLists.txt": "assay_module(base LINK Idn2::Idn2)\n",
    "assay/base/ascii.h": "#include <string>\n",
    "assay/base/idna.cpp": "#include <idn2.h>\n",
    "assay/dns/CMakeLists.txt": "assay_module(dns DEPENDS base)\n",
    "assay/dns/resolver.h": '#include "assay/base/ascii.h"\n',
    "assay/crypto/CMakeLists.txt": "assay_module(crypto DEPENDS base LINK OpenSSL::Crypto)\n",
    "assay/crypto/digest.h": "#include <string>\n",
    "assay/crypto/digest.cpp": "#include <openssl/evp.h>\n",
    "assay/spf/CMakeLists.txt": "assay_module(spf DEPENDS base dns\n  TEST_LINK nlohmann_json::nlohmann_json)\n",
    "assay/spf/spf.h": '#include "assay/dns/resolver.h"\n',
    "assay/spf/detail/terms.h": '#include "assay/base/ascii.h"\n',
    "assay/spf/spf.cpp": '#include "assay/spf/detail/terms.h"\n',
    "assay/spf/testdata/zones.h": '#include "testkit/cases.h"\n',
    "assay/spf/spf_test.cpp": '#include <fstream>\n#include <nlohmann/json.hpp>\n#include "testkit/cases.h"\n',
    "system/json/CMakeLists.txt": "assay_module(json DEPENDS base spf)\n",
    "system/json/json.cpp": '#include <nlohmann/json.hpp>\n#include "assay/spf/spf.h"\n',
    "bin/assay.cpp": '#include <iostream>\n#include "assay/spf/spf.h"\n#include "system/json/json.cpp"\n',
    "testkit/cases.h": "#include <gtest/gtest.h>\n",
}


def check(changes):
    """The tool's exit code and lines for the good tree with these files changed."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**GOOD, **changes}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, str(TOOL), folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()[:-1]


class CheckLayers(unittest.TestCase):
    def finds(self, place, word, changes):
        code, lines = check(changes)
        self.assertEqual(code, 1)
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(place + ":"), lines)
        self.assertIn(word, lines[0])

    def test_the_good_tree_is_good(self):
        self.assertEqual(check({}), (0, []))

    def test_an_arrow_that_depends_does_not_name(self):
        self.finds("assay/dns/zone.cpp:2", "may not include crypto",
                   {"assay/dns/zone.cpp": '#include <string>\n#include "assay/crypto/digest.h"\n'})

    def test_an_arrow_from_the_folder_detail(self):
        self.finds("assay/spf/detail/more.h:1", "may not include crypto",
                   {"assay/spf/detail/more.h": '#include "assay/crypto/digest.h"\n'})

    def test_depends_beyond_the_table(self):
        self.finds("assay/dns/CMakeLists.txt:1", "DEPENDS crypto",
                   {"assay/dns/CMakeLists.txt": "assay_module(dns DEPENDS base crypto)\n"})

    def test_a_module_without_a_row(self):
        self.finds("assay/xml/CMakeLists.txt:1", "no row", {"assay/xml/CMakeLists.txt": "assay_module(xml)\n"})

    def test_the_library_looks_up(self):
        self.finds("assay/spf/up.cpp:1", "may not include json",
                   {"assay/spf/up.cpp": '#include "system/json/json.cpp"\n'})
        self.finds("assay/spf/up.cpp:1", "nothing includes bin",
                   {"assay/spf/up.cpp": '#include "bin/assay.cpp"\n'})

    def test_foreign_libraries_stay_where_they_belong(self):
        for header, where in (("openssl/evp.h", "crypto"), ("unbound.h", "dns_unbound"), ("libpsl.h", "suffix"),
                              ("idn2.h", "base"), ("nlohmann/json.hpp", "bench")):
            self.finds("assay/spf/x.cpp:1", where, {"assay/spf/x.cpp": f"#include <{header}>\n"})

    def test_a_public_header_shows_our_own_values_only(self):
        self.finds("assay/crypto/key.h:1", "public header", {"assay/crypto/key.h": "#include <openssl/evp.h>\n"})
        self.finds("assay/spf/spf.h:1", "public header",
                   {"assay/spf/spf.h": '#include "assay/spf/detail/terms.h"\n'})

    def test_what_is_private_stays_private(self):
        self.finds("system/json/x.cpp:1", "private",
                   {"system/json/x.cpp": '#include "assay/spf/detail/terms.h"\n'})

    def test_the_library_touches_no_world(self):
        self.finds("assay/spf/x.cpp:1", "no file", {"assay/spf/x.cpp": "#include <fstream>\n"})

    def test_testkit_is_for_tests(self):
        self.finds("assay/spf/x.cpp:1", "only tests", {"assay/spf/x.cpp": '#include "testkit/cases.h"\n'})

    def test_a_header_that_is_not_there(self):
        self.finds("assay/spf/x.cpp:1", "does not exist", {"assay/spf/x.cpp": '#include "assay/dns/none.h"\n'})


if __name__ == "__main__":
    unittest.main()
