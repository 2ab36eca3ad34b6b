// The few things that we need of OpenSSL 3's libcrypto, typed and annotated for Swift.
// Only the EVP interface is used: the low-level SHA256_* functions are deprecated.

#ifndef CLIBCRYPTO_SHIM_H
#define CLIBCRYPTO_SHIM_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#define CLIBCRYPTO_SHA256_LENGTH 32
#define CLIBCRYPTO_SHA256_BLOCK_LENGTH 64

/// A digest context with SHA-256 already fetched and bound, or NULL when libcrypto has no memory or no SHA-256.
/// Binding once is what makes it cheap: the one-shot SHA256() looks the algorithm up at every call.
static inline EVP_MD_CTX *_Nullable clibcrypto_sha256_context_new(void) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) {
        return NULL;
    }
    EVP_MD *algorithm = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    // The context takes its own reference to the algorithm.
    if (algorithm == NULL || EVP_DigestInit_ex2(context, algorithm, NULL) != 1) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    EVP_MD_free(algorithm);
    return context;
}

static inline void clibcrypto_sha256_context_free(EVP_MD_CTX *_Nonnull context) {
    EVP_MD_CTX_free(context);
}

/// SHA-256 of `first` followed by `second`, 32 bytes into `digest`. Either part may be empty.
/// Returns 1, or 0 on failure.
static inline int clibcrypto_sha256(EVP_MD_CTX *_Nonnull context, const void *_Nullable first, size_t first_count,
                                    const void *_Nullable second, size_t second_count, uint8_t *_Nonnull digest) {
    // NULL for the algorithm: start again with the one bound at creation.
    if (EVP_DigestInit_ex2(context, NULL, NULL) != 1) {
        return 0;
    }
    if (first_count > 0 && EVP_DigestUpdate(context, first, first_count) != 1) {
        return 0;
    }
    if (second_count > 0 && EVP_DigestUpdate(context, second, second_count) != 1) {
        return 0;
    }
    return EVP_DigestFinal_ex(context, digest, NULL);
}

#define CLIBCRYPTO_SHA1_LENGTH 20

/// SHA-1, 20 bytes into `digest`. Looks the algorithm up at every call: not for what is done often.
/// Returns 1, or 0 on failure.
static inline int clibcrypto_sha1(const void *_Nullable bytes, size_t count, uint8_t *_Nonnull digest) {
    return EVP_Q_digest(NULL, "SHA1", NULL, bytes, count, digest, NULL);
}

/// Overwrites memory that held a key; unlike memset it is never optimized away.
static inline void clibcrypto_cleanse(void *_Nonnull memory, size_t count) {
    OPENSSL_cleanse(memory, count);
}

#endif
