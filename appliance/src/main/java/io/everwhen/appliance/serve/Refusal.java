package io.everwhen.appliance.serve;

/** Something that is not done, for a reason that whoever asked for it can do something about. */
public final class Refusal extends Exception {

  private static final long serialVersionUID = 1L;

  private static final int BAD_REQUEST = 400;
  private static final int NOT_FOUND = 404;
  private static final int METHOD = 405;
  private static final int CONFLICT = 409;
  private static final int TOO_LARGE = 413;

  private final int status;

  private Refusal(int status, String message) {
    super(message);
    this.status = status;
  }

  /** What was asked makes no sense. */
  static Refusal senseless(String message) {
    return new Refusal(BAD_REQUEST, message);
  }

  /** It cannot be asked in this way. */
  static Refusal method(String message) {
    return new Refusal(METHOD, message);
  }

  /** There is too much of it. */
  static Refusal tooLarge(String message) {
    return new Refusal(TOO_LARGE, message);
  }

  /** It is about something that is not there. */
  static Refusal unknown(String message) {
    return new Refusal(NOT_FOUND, message);
  }

  /** It makes sense, but not as things stand. */
  static Refusal now(String message) {
    return new Refusal(CONFLICT, message);
  }

  /** As a status of HTTP. */
  int status() {
    return status;
  }
}
