"""Opens the dashboard in headless Chromium, waits for its charts and takes a picture; run by the Python of Superset's environment.

`superset_picture.py ADDRESS USER PASSWORD PICTURE`: prints how many charts were drawn and what errors the page shows.
"""

from __future__ import annotations

import shutil
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SECONDS = 180
DRAWN = ".slice_container canvas, .slice_container table"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--window-size=1400,1150",
)


def main(address: str, user: str, password: str, picture: str) -> int:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for flag in FLAGS:
        options.add_argument(flag)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        wait = WebDriverWait(browser, SECONDS)
        browser.get(f"{address}/login/")
        wait.until(lambda page: page.find_elements(By.CSS_SELECTOR, "input[type=password]"))
        browser.find_element(By.CSS_SELECTOR, "input#username, input[name=username]").send_keys(user)
        browser.find_element(By.CSS_SELECTOR, "input[type=password]").send_keys(f"{password}\n")
        wait.until(lambda page: "/login" not in page.current_url)
        browser.get(f"{address}/superset/dashboard/hashwatt/?standalone=1")
        wait.until(
            lambda page: (
                len(page.find_elements(By.CSS_SELECTOR, DRAWN)) >= 3
                and not page.find_elements(By.CSS_SELECTOR, ".loading")
            )
        )
        time.sleep(2)  # Bars grow into their place.
        drawn = browser.find_elements(By.CSS_SELECTOR, ".slice_container")
        errors = browser.find_elements(
            By.CSS_SELECTOR, ".slice_container .ant-alert-error, .slice_container [data-test=error]"
        )
        browser.save_screenshot(picture)
        print(f"{len(drawn)} charts, {len(errors)} errors")
        return int(bool(errors) or len(drawn) != 3)
    finally:
        browser.quit()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
