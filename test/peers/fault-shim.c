/*
 * A PKCS#11 module in front of another one, which does wrong what its plan says. For tests only.
 *
 * A token's child process gets no variables but those on the program's list, so the shim is told what to do by a file
 * beside itself, PATH-OF-THE-SHIM.conf, which it reads when it is loaded. One setting a line, a name and a space first:
 *
 *   module  the real module
 *   plan    faults separated by commas:
 *             C_Sign:3:ACTION   the third call of C_Sign in this process; C_Sign:*:ACTION every call
 *             tokflags=SET/CLEAR        bits (hex) set and cleared in the token's flags
 *             attr=TYPE/BYTE            first byte (hex) of an attribute of this type (hex)
 *           ACTION: 0xRV (fails at once), after=0xRV (does it, then fails), flip, zero, short (spoils the
 *           signature), hang=MILLISECONDS, crash, abort, exit
 *   log     file that gets one line a call: the name of the function
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define CRYPTOKI_GNU 1
#include <p11-kit/pkcs11.h>

#define SETTING 4096

static struct ck_function_list shim;
static struct ck_function_list *real;
static char module[SETTING], plan[SETTING], log_file[SETTING];

static void set(char *setting, const char *name, const char *line) {
  size_t length = strlen(name);
  if (strncmp(line, name, length) != 0 || line[length] != ' ') return;
  snprintf(setting, SETTING, "%s", line + length + 1);
  setting[strcspn(setting, "\n")] = '\0';
}

/* Reads the file beside this library; 0 if there is none. */
static int read_settings(const void *own) {
  char path[SETTING], line[SETTING];
  Dl_info where;
  FILE *file;
  if (dladdr(own, &where) == 0) return 0;
  snprintf(path, sizeof path, "%s.conf", where.dli_fname);
  file = fopen(path, "r");
  if (file == NULL) return 0;
  while (fgets(line, sizeof line, file) != NULL) {
    set(module, "module", line);
    set(plan, "plan", line);
    set(log_file, "log", line);
  }
  fclose(file);
  return 1;
}

static void note(const char *name) {
  int file = open(log_file, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (file < 0) return;
  dprintf(file, "%s\n", name);
  close(file);
}

/* The plan's part that begins with `name` and `sign`, after so many matches; NULL at the end. */
static const char *part(const char *name, char sign, int skip) {
  const char *at = plan;
  size_t length = strlen(name);
  while (at != NULL && *at != '\0') {
    if (strncmp(at, name, length) == 0 && at[length] == sign && skip-- == 0) return at + length + 1;
    at = strchr(at, ',');
    if (at != NULL) at++;
  }
  return NULL;
}

/* What the plan says of this call of the function, or NULL. */
static const char *action(const char *name, int *calls) {
  int i;
  const char *found;
  note(name);
  ++*calls;
  for (i = 0; (found = part(name, ':', i)) != NULL; i++) {
    const char *what = strchr(found, ':');
    if (what != NULL && (*found == '*' || atoi(found) == *calls)) return what + 1;
  }
  return NULL;
}

static int is(const char *what, const char *word) {
  return what != NULL && strncmp(what, word, strlen(word)) == 0;
}

/* Faults that come before the call; 1 if *rv is the answer. */
static int before(const char *what, unsigned long *rv) {
  if (is(what, "crash")) *(volatile int *)8 = 0;
  if (is(what, "abort")) abort();
  if (is(what, "exit")) _exit(97);
  if (is(what, "hang=")) usleep((useconds_t)atol(what + 5) * 1000);
  if (is(what, "0x")) {
    *rv = strtoul(what, NULL, 16);
    return 1;
  }
  return 0;
}

static unsigned long after(const char *what, unsigned long rv) {
  return is(what, "after=") ? strtoul(what + 6, NULL, 16) : rv;
}

#define WRAP(name, parameters, arguments)                   \
  static ck_rv_t wrap_##name parameters {                   \
    static int calls;                                       \
    const char *what = action(#name, &calls);               \
    unsigned long rv;                                       \
    if (before(what, &rv)) return rv;                       \
    return after(what, real->name arguments);               \
  }

WRAP(C_Initialize, (void *args), (args))
WRAP(C_Finalize, (void *reserved), (reserved))
WRAP(C_GetSlotList, (unsigned char present, ck_slot_id_t *list, unsigned long *count), (present, list, count))
WRAP(C_OpenSession, (ck_slot_id_t slot, ck_flags_t flags, void *app, ck_notify_t notify, ck_session_handle_t *session),
     (slot, flags, app, notify, session))
WRAP(C_CloseSession, (ck_session_handle_t session), (session))
WRAP(C_Login, (ck_session_handle_t s, ck_user_type_t user, unsigned char *pin, unsigned long length),
     (s, user, pin, length))
WRAP(C_Logout, (ck_session_handle_t s), (s))
WRAP(C_FindObjectsInit, (ck_session_handle_t s, struct ck_attribute *t, unsigned long n), (s, t, n))
WRAP(C_SignInit, (ck_session_handle_t s, struct ck_mechanism *m, ck_object_handle_t key), (s, m, key))
WRAP(C_DestroyObject, (ck_session_handle_t s, ck_object_handle_t object), (s, object))
WRAP(C_GenerateKeyPair,
     (ck_session_handle_t s, struct ck_mechanism *m, struct ck_attribute *pub, unsigned long npub,
      struct ck_attribute *priv, unsigned long npriv, ck_object_handle_t *hpub, ck_object_handle_t *hpriv),
     (s, m, pub, npub, priv, npriv, hpub, hpriv))

static ck_rv_t wrap_C_GetTokenInfo(ck_slot_id_t slot, struct ck_token_info *info) {
  static int calls;
  const char *what = action("C_GetTokenInfo", &calls), *flags = part("tokflags", '=', 0);
  unsigned long rv;
  if (before(what, &rv)) return rv;
  rv = real->C_GetTokenInfo(slot, info);
  if (rv == CKR_OK && flags != NULL) {
    char *rest;
    info->flags |= strtoul(flags, &rest, 16);
    if (*rest == '/') info->flags &= ~strtoul(rest + 1, NULL, 16);
  }
  if (is(what, "swap") && rv == CKR_OK) info->serial_number[0] ^= 1;
  return after(what, rv);
}

static ck_rv_t wrap_C_GetAttributeValue(ck_session_handle_t s, ck_object_handle_t object, struct ck_attribute *t,
                                        unsigned long n) {
  static int calls;
  const char *what = action("C_GetAttributeValue", &calls), *change;
  unsigned long rv, at;
  int i;
  if (before(what, &rv)) return rv;
  rv = real->C_GetAttributeValue(s, object, t, n);
  for (i = 0; rv == CKR_OK && (change = part("attr", '=', i)) != NULL; i++)
    for (at = 0; at < n; at++) {
      char *rest;
      if (strtoul(change, &rest, 16) == t[at].type && *rest == '/' && t[at].value != NULL && t[at].value_len > 0)
        *(unsigned char *)t[at].value = (unsigned char)strtoul(rest + 1, NULL, 16);
    }
  return after(what, rv);
}

static ck_rv_t wrap_C_Sign(ck_session_handle_t s, unsigned char *data, unsigned long length, unsigned char *signature,
                           unsigned long *size) {
  static int calls;
  const char *what = action("C_Sign", &calls);
  unsigned long rv;
  if (before(what, &rv)) return rv;
  rv = real->C_Sign(s, data, length, signature, size);
  if (rv == CKR_OK && signature != NULL) {
    if (is(what, "flip")) signature[*size / 2] ^= 0x10;
    if (is(what, "zero")) memset(signature, 0, *size);
    if (is(what, "short")) *size -= 1;
  }
  return after(what, rv);
}

ck_rv_t C_GetFunctionList(struct ck_function_list **list) {
  typedef ck_rv_t (*get_list)(struct ck_function_list **);
  void *library = read_settings(&real) ? dlopen(module, RTLD_NOW | RTLD_LOCAL) : NULL;
  get_list get = library == NULL ? NULL : (get_list)dlsym(library, "C_GetFunctionList");
  if (get == NULL || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
  shim = *real;
  shim.C_GetFunctionList = C_GetFunctionList;
  shim.C_Initialize = wrap_C_Initialize;
  shim.C_Finalize = wrap_C_Finalize;
  shim.C_GetSlotList = wrap_C_GetSlotList;
  shim.C_GetTokenInfo = wrap_C_GetTokenInfo;
  shim.C_OpenSession = wrap_C_OpenSession;
  shim.C_CloseSession = wrap_C_CloseSession;
  shim.C_Login = wrap_C_Login;
  shim.C_Logout = wrap_C_Logout;
  shim.C_FindObjectsInit = wrap_C_FindObjectsInit;
  shim.C_GetAttributeValue = wrap_C_GetAttributeValue;
  shim.C_GenerateKeyPair = wrap_C_GenerateKeyPair;
  shim.C_DestroyObject = wrap_C_DestroyObject;
  shim.C_SignInit = wrap_C_SignInit;
  shim.C_Sign = wrap_C_Sign;
  *list = &shim;
  return CKR_OK;
}
