"""The workflow services: flow templates, first-generation definitions, closing reasons, automations."""
