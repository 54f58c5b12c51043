import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Manager;
import io.socket.client.Socket;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.json.JSONArray;
import org.json.JSONObject;

/**
 * Drives io.socket:socket.io-client through every scenario: Client URL polling|websocket|upgrade 1|2
 *
 * <p>The last argument is the client's major version; 1 speaks Socket.IO 2 and has neither auth nor reasons that are objects. Each
 * line that is printed is a part of the transcript. Whatever does not come within a minute ends the program with an error.
 */
public class Client {
  static final String TEXT = "gr\u00fc\u00dfe \ud83d\ude00 \u20ac";
  static final PrintStream OUT = new PrintStream((OutputStream) System.out, true);
  static String url;
  static String mode;
  static boolean old;
  static String scenario = "";

  static String describe(Object value) {
    if (value instanceof byte[]) {
      byte[] bytes = (byte[]) value;
      long sum = 0;
      for (byte one : bytes) sum += one & 255;
      return "<" + bytes.length + " bytes, sum " + sum + ">";
    }
    if (value instanceof String) {
      String text = (String) value;
      return text.length() > 200 ? "<text of " + text.length() + ">" : JSONObject.quote(text);
    }
    List<String> parts = new ArrayList<>();
    if (value instanceof Object[]) {
      for (Object item : (Object[]) value) parts.add(describe(item));
      return "[" + String.join(",", parts) + "]";
    }
    if (value instanceof JSONArray) {
      JSONArray array = (JSONArray) value;
      for (int at = 0; at < array.length(); at++) parts.add(describe(array.opt(at)));
      return "[" + String.join(",", parts) + "]";
    }
    if (value instanceof JSONObject) {
      JSONObject object = (JSONObject) value;
      for (Iterator<?> names = object.keys(); names.hasNext(); ) {
        String name = (String) names.next();
        parts.add(JSONObject.quote(name) + ":" + describe(object.opt(name)));
      }
      Collections.sort(parts);
      return "{" + String.join(",", parts) + "}";
    }
    return String.valueOf(value);
  }

  static void record(String what, Object... values) {
    OUT.println(scenario + ": " + what + " " + describe(values));
  }

  static <T> T taken(BlockingQueue<T> queue, String what) throws Exception {
    T value = queue.poll(60, TimeUnit.SECONDS);
    if (value == null) throw new IllegalStateException(scenario + ": waited 60 s for " + what);
    return value;
  }

  /** One socket, with a queue of what each event brought. */
  static class Peer {
    final Socket socket;
    final Map<String, BlockingQueue<Object[]>> queues = new HashMap<>();

    Peer(Manager manager, String namespace, IO.Options options) {
      socket = manager.socket(namespace, options);
      for (String event :
          new String[] {"connect", "connect_error", "error", "disconnect", "repeated", "answered", "shouted", "numbered", "idled"}) {
        BlockingQueue<Object[]> queue = new LinkedBlockingQueue<>();
        queues.put(event, queue);
        socket.on(event, queue::add);
      }
      socket.on(
          "question",
          args -> {
            Object[] reversed = new Object[args.length - 1];
            for (int at = 0; at < reversed.length; at++) reversed[at] = args[args.length - 2 - at];
            ((Ack) args[args.length - 1]).call(reversed);
          });
    }

    Object[] next(String event) throws Exception {
      return taken(queues.get(event), event);
    }

    Peer connected() throws Exception {
      socket.connect();
      next("connect");
      return this;
    }

    Object[] call(String event, Object... args) throws Exception {
      BlockingQueue<Object[]> answer = new LinkedBlockingQueue<>();
      socket.emit(event, args, (Ack) answer::add);
      return taken(answer, "the answer to " + event);
    }
  }

  static IO.Options options(boolean reconnection) {
    IO.Options options = new IO.Options();
    options.forceNew = true;
    options.reconnection = reconnection;
    options.reconnectionDelay = 50;
    options.reconnectionDelayMax = 100;
    if (!mode.equals("upgrade")) options.transports = new String[] {mode};
    return options;
  }

  static Manager manager(String query, boolean reconnection) throws Exception {
    IO.Options options = options(reconnection);
    options.query = "scenario=" + scenario + query;
    return new Manager(new URI(url), options);
  }

  static Peer peer() throws Exception {
    return new Peer(manager("", true), "/", options(true)).connected();
  }

  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int at = 0; at < count; at++) bytes[at] = (byte) at;
    return bytes;
  }

  static String longText(String letter, int count) {
    return String.join("", Collections.nCopies(count, letter));
  }

  interface Scenario {
    void run() throws Exception;
  }

  static void connection() throws Exception {
    IO.Options options = options(true);
    authorize(options, "secret");
    Peer peer = new Peer(manager("&token=secret", true), "/", options).connected();
    record("id", peer.socket.id().length(), peer.socket.connected());
    peer.socket.disconnect();
    record("closed", peer.next("disconnect"));
  }

  /** Version 1 has no such option. */
  static void authorize(IO.Options options, String token) throws Exception {
    if (old) return;
    IO.Options.class.getField("auth").set(options, new HashMap<>(Collections.singletonMap("token", token)));
  }

  static void echoes(Object[][] rounds) throws Exception {
    Peer peer = peer();
    for (Object[] args : rounds) {
      peer.socket.emit("repeat", args);
      record("repeated", peer.next("repeated"));
      record("echo", peer.call("echo", args));
    }
    peer.socket.disconnect();
  }

  static void events() throws Exception {
    JSONObject nested = new JSONObject().put("a", new JSONObject().put("b", new JSONArray(Arrays.asList(TEXT, 0))));
    echoes(
        new Object[][] {
          {}, {1}, {1.5, -7, true, JSONObject.NULL}, {TEXT}, {new JSONArray(), new JSONObject(), nested}, {longText("x", 500_000)}
        });
  }

  static void binary() throws Exception {
    JSONObject nested =
        new JSONObject().put("one", bytes(1)).put("list", new JSONArray(Arrays.<Object>asList(bytes(2), bytes(3))));
    echoes(new Object[][] {{bytes(256)}, {bytes(100), TEXT, nested}, {bytes(512_000)}});
  }

  static void acknowledgements() throws Exception {
    Peer peer = peer();
    Object[][] questions = {
      {1}, {"two", new JSONObject().put("three", 3)}, {bytes(2), TEXT}, {"long", longText("y", 100_000)}
    };
    for (Object[] question : questions) {
      peer.socket.emit("ask", question);
      record("answered", peer.next("answered"));
    }
    peer.socket.disconnect();
  }

  static void namespaces() throws Exception {
    Manager manager = manager("", true);
    Peer main = new Peer(manager, "/", options(true)).connected();
    Peer chat = new Peer(manager, "/chat", options(true)).connected();
    for (Peer peer : new Peer[] {main, chat}) {
      peer.socket.emit("repeat", "which", bytes(3));
      record("repeated", peer.next("repeated"));
      record("echo", peer.call("echo", "which"));
    }
    chat.socket.disconnect();
    record("closed", chat.next("disconnect"));
    record("main", main.call("echo", "still here"));
    main.socket.disconnect();
  }

  static void refusals() throws Exception {
    // Version 1 was seen to report no refusal, of either server; test/compat/old-clients.test.ts has them.
    for (String namespace : old ? new String[0] : new String[] {"/guarded", "/nowhere"}) {
      IO.Options options = options(false);
      authorize(options, "wrong");
      Peer peer = new Peer(manager("&token=wrong", false), namespace, options);
      peer.socket.connect();
      record("refused", namespace, peer.next("connect_error"));
      peer.socket.disconnect();
    }
    IO.Options options = options(false);
    authorize(options, "secret");
    Peer peer = new Peer(manager("&token=secret", false), "/guarded", options).connected();
    record("admitted", peer.call("echo", "in"));
    peer.socket.disconnect();
  }

  static void rooms() throws Exception {
    Peer ann = peer();
    Peer bob = peer();
    record("rooms", ann.call("join", "both"), bob.call("join", "both"), ann.call("join", "one"));
    bob.socket.emit("shout", "one", "to ann");
    bob.socket.emit("shout", "both", bytes(2));
    record("ann", ann.next("shouted"), ann.next("shouted"));
    record("bob", bob.next("shouted"));
    record("rooms", ann.call("leave", "both"));
    bob.socket.emit("shout", "both", "bob is alone");
    record("bob", bob.next("shouted"));
    bob.socket.emit("shout", "one", "ann again");
    record("ann", ann.next("shouted"));
    ann.socket.disconnect();
    bob.socket.disconnect();
  }

  static void bursts() throws Exception {
    Peer peer = peer();
    peer.socket.emit("burst", 200);
    for (int at = 0; at < 200; at++) record("numbered", peer.next("numbered"));
    for (int at = 0; at < 60; at++) peer.socket.emit("number", at % 10 == 9 ? bytes(at) : (Object) at);
    record("numbers", peer.call("numbers"));
    peer.socket.disconnect();
  }

  static void idle() throws Exception {
    Peer peer = peer();
    peer.socket.emit("idle");
    record("idled", peer.next("idled"));
    record("echo", peer.call("echo", "alive"));
    peer.socket.disconnect();
  }

  static void reconnection() throws Exception {
    Peer peer = peer();
    peer.socket.emit("break");
    peer.next("disconnect");
    peer.next("connect");
    record("echo", peer.call("echo", "back"));
    peer.socket.disconnect();
  }

  static void kicked() throws Exception {
    Peer peer = peer();
    peer.socket.emit("kick");
    record("kicked", peer.next("disconnect"));
    peer.socket.disconnect();
  }

  public static void main(String[] args) throws Exception {
    url = args[0];
    mode = args[1];
    old = args[2].equals("1");
    Map<String, Scenario> scenarios = new LinkedHashMap<>();
    scenarios.put("connection", Client::connection);
    scenarios.put("events", Client::events);
    scenarios.put("binary", Client::binary);
    scenarios.put("acknowledgements", Client::acknowledgements);
    scenarios.put("namespaces", Client::namespaces);
    scenarios.put("refusals", Client::refusals);
    scenarios.put("rooms", Client::rooms);
    scenarios.put("bursts", Client::bursts);
    scenarios.put("idle", Client::idle);
    scenarios.put("reconnection", Client::reconnection);
    scenarios.put("kicked", Client::kicked);
    List<String> leftOut = Arrays.asList(args).subList(3, args.length);
    try {
      for (Map.Entry<String, Scenario> entry : scenarios.entrySet()) {
        scenario = entry.getKey();
        if (!leftOut.contains(scenario)) entry.getValue().run();
      }
      // Packets that say goodbye are written by other threads.
      Thread.sleep(200);
      OUT.println("done");
      System.exit(0);
    } catch (Exception error) {
      error.printStackTrace();
      System.exit(1);
    }
  }
}
