"""What a report looks like: as text for people, as JSON, JUnit and SARIF for other programs."""
