"""The formats of reports: text for people, JSON, JUnit XML and SARIF for programs."""
