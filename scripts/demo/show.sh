# How the demo shows itself: headings, and each command as a person types it, followed by what it really said.
# At a terminal it stops for a moment between the steps.

pace() { if [ -t 1 ]; then sleep "$1"; fi; }

# heading TEXT
heading() {
  pace 0.8
  printf '\n== %s %s\n' "$1" "$(printf '%*s' $((75 - ${#1})) '' | tr ' ' '=')"
}

# say TEXT: a remark, filled to 80 columns
say() { printf '\n%s\n' "$*" | fold -s -w 78 | sed 's/ *$//; /./s/^/# /'; }

# quoted WORD: as it has to be typed in a shell
quoted() {
  case $1 in
    *[!A-Za-z0-9_./:=@%+,-]*) printf "'%s'" "$1" ;;
    *) printf '%s' "$1" ;;
  esac
}

# typed PROMPT WORD...: the command in lines of at most 80 columns; a flag stays with its value
typed() {
  local line="$1\$" part
  shift
  while [ $# -gt 0 ]; do
    part=$(quoted "$1")
    if [[ $1 == -* && $# -gt 1 && $2 != -* ]]; then
      part+=" $(quoted "$2")"
      shift
    fi
    shift
    if [ $((${#line} + ${#part})) -gt 77 ]; then
      printf '%s \\\n' "$line"
      line="   $part"
    else
      line+=" $part"
    fi
  done
  printf '%s\n' "$line"
}

# at STATION COMMAND...: types a command at a station (its home is the folder of the same name) and runs it
at() {
  local station=$1
  shift
  echo
  pace 0.3
  typed "$station" "$@"
  COUNTERSIGN_HOME=$work/$station "$@" </dev/null || {
    local status=$?
    printf '\nThat command ended with %s.\n' "$status"
    exit "$status"
  }
}

# member NAME: one text member of a JSON document on standard input
member() { sed -n "s/^ *\"$1\": \"\([^\"]*\)\",\{0,1\}\$/\1/p" | head -n 1; }
