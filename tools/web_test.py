"""What tools/web trusts: packages count by their digests, wherever they come from."""

import json
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class LockFile(unittest.TestCase):
    def test_every_package_is_pinned_by_its_digest_and_to_no_host(self):
        packages = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
        self.assertGreater(len(packages), 10)
        for name, package in packages.items():
            if name:
                self.assertRegex(package.get("integrity", ""), r"^sha512-[A-Za-z0-9+/]{86}==$", name)
                self.assertNotIn("resolved", package, name)


if __name__ == "__main__":
    unittest.main()
