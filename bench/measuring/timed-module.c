/*
 * A PKCS#11 module in front of TIMED_MODULE that adds up how long each function takes and, when it is finalized,
 * appends `NAME CALLS NANOSECONDS` for each to TIMED_LOG. Both are compiled in. For benchmarks only.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>
#define CRYPTOKI_GNU 1
#include <p11-kit/pkcs11.h>

static struct ck_function_list timed;
static struct ck_function_list *real;

static long long now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

#define TIMED(name, parameters, arguments)        \
  static long long spent_##name, calls_##name;    \
  static ck_rv_t timed_##name parameters {        \
    long long begin = now();                      \
    ck_rv_t rv = real->name arguments;            \
    spent_##name += now() - begin;                \
    calls_##name++;                               \
    return rv;                                    \
  }

TIMED(C_Initialize, (void *args), (args))
TIMED(C_OpenSession, (ck_slot_id_t slot, ck_flags_t flags, void *app, ck_notify_t notify, ck_session_handle_t *session),
      (slot, flags, app, notify, session))
TIMED(C_Login, (ck_session_handle_t s, ck_user_type_t user, unsigned char *pin, unsigned long length),
      (s, user, pin, length))
TIMED(C_FindObjectsInit, (ck_session_handle_t s, struct ck_attribute *t, unsigned long n), (s, t, n))
TIMED(C_FindObjects, (ck_session_handle_t s, ck_object_handle_t *list, unsigned long most, unsigned long *count),
      (s, list, most, count))
TIMED(C_GetAttributeValue, (ck_session_handle_t s, ck_object_handle_t object, struct ck_attribute *t, unsigned long n),
      (s, object, t, n))
TIMED(C_GenerateKeyPair,
      (ck_session_handle_t s, struct ck_mechanism *m, struct ck_attribute *pub, unsigned long npub,
       struct ck_attribute *priv, unsigned long npriv, ck_object_handle_t *hpub, ck_object_handle_t *hpriv),
      (s, m, pub, npub, priv, npriv, hpub, hpriv))
TIMED(C_SignInit, (ck_session_handle_t s, struct ck_mechanism *m, ck_object_handle_t key), (s, m, key))
TIMED(C_Sign,
      (ck_session_handle_t s, unsigned char *data, unsigned long length, unsigned char *signature, unsigned long *size),
      (s, data, length, signature, size))

#define EACH(what)                                                                                      \
  what(C_Initialize) what(C_OpenSession) what(C_Login) what(C_FindObjectsInit) what(C_FindObjects)      \
  what(C_GetAttributeValue) what(C_GenerateKeyPair) what(C_SignInit) what(C_Sign)

#define PRINT(name) fprintf(log, #name " %lld %lld\n", calls_##name, spent_##name);
#define PLACE(name) timed.name = timed_##name;

static ck_rv_t timed_C_Finalize(void *reserved) {
  long long begin = now();
  ck_rv_t rv = real->C_Finalize(reserved);
  FILE *log = fopen(TIMED_LOG, "a");
  if (log == NULL) return CKR_GENERAL_ERROR;
  fprintf(log, "C_Finalize 1 %lld\n", now() - begin);
  EACH(PRINT)
  fclose(log);
  return rv;
}

ck_rv_t C_GetFunctionList(struct ck_function_list **list) {
  typedef ck_rv_t (*get_list)(struct ck_function_list **);
  void *library = dlopen(TIMED_MODULE, RTLD_NOW | RTLD_LOCAL);
  get_list get = library == NULL ? NULL : (get_list)dlsym(library, "C_GetFunctionList");
  if (get == NULL || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
  timed = *real;
  timed.C_GetFunctionList = C_GetFunctionList;
  timed.C_Finalize = timed_C_Finalize;
  EACH(PLACE)
  *list = &timed;
  return CKR_OK;
}
