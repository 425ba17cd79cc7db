"""Words and who said them: transcribe, diarise, attribute."""
